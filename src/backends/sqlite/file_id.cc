#include "backends/sqlite/file_id.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/errno_text.h"

namespace leptir::sqlite {

bool isMissing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

Result<FileId> fileIdOf(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) == 0) return FileId{info.st_dev, info.st_ino};
  return Error(isMissing(errno) ? ErrorCode::NotFound : ErrorCode::Unavailable,
               file.string() + ": " + base::errnoText(errno));
}

bool isOpenHere(const FileId& id) {
  std::error_code error;
  std::filesystem::directory_iterator each("/proc/self/fd", error);
  if (error) return true;
  for (; each != std::filesystem::directory_iterator(); each.increment(error)) {
    struct stat info{};
    const int descriptor = std::atoi(each->path().filename().c_str());
    if (::fstat(descriptor, &info) == 0 && FileId{info.st_dev, info.st_ino} == id) return true;
  }
  return error.operator bool();
}

}  // namespace leptir::sqlite
