#include "backends/sqlite/file_lookup.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/errno_text.h"

namespace leptir::sqlite {

bool isMissing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

Result<base::FileIdentity> fileNamedBy(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) return base::FileIdentity{info.st_dev, info.st_ino};
  return Error(isMissing(errno) ? ErrorCode::NotFound : ErrorCode::Unavailable,
               path.string() + ": " + base::errnoText(errno));
}

bool isOpenInThisProcess(const base::FileIdentity& file) {
  std::error_code error;
  std::filesystem::directory_iterator each("/proc/self/fd", error);
  if (error) return true;
  for (; each != std::filesystem::directory_iterator(); each.increment(error)) {
    if (base::FileIdentity::of(std::atoi(each->path().filename().c_str())) == file) return true;
  }
  return error.operator bool();
}

std::string identityText(const base::FileIdentity& file) {
  return std::to_string(file.device) + ":" + std::to_string(file.inode);
}

}  // namespace leptir::sqlite
