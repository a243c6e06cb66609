#include "backends/sqlite/file_place.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/errno_text.h"

namespace leptir {

Result<FilePlace> placeOf(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) == 0) return FilePlace{info.st_dev, info.st_ino};
  const bool missing = errno == ENOENT || errno == ENOTDIR;
  return Error(missing ? ErrorCode::NotFound : ErrorCode::Unavailable, file.string() + ": " + errnoText(errno));
}

}  // namespace leptir
