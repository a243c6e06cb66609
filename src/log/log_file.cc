#include "log/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/errno_code.h"
#include "base/errno_text.h"

namespace leptir {
namespace {

// Streams and devices, which only root can put there: /dev/stdout is a symbolic link, in containers often the log.
bool isDevice(const std::filesystem::path& path) {
  const auto plain = path.lexically_normal();
  const auto folder = plain.parent_path().string();
  return folder == "/dev" || folder == "/dev/fd" || folder.starts_with("/proc/");
}

// "app.log -> /dev/stdout", as images of containers have it.
bool leadsToDevice(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode) || !isTrustedOwner(info.st_uid)) return false;
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return !failed && isDevice(target);
}

Result<UniqueFd> openDevice(const std::string& path) {
  UniqueFd device(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!device) return Error(codeOfErrno(errno), errnoText(errno));
  return device;
}

Result<UniqueFd> openOwnFile(const std::string& path, int flags, mode_t mode) {
  auto file = openPrivateFile(path, O_WRONLY | O_APPEND | flags, mode);
  struct stat info{};
  if (!file || ::fstat(file->get(), &info) != 0) return file;
  if (auto ours = checkOwner(info); !ours) return ours.error();
  return file;
}

std::string adviceFor(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return ": name a file in it";
  if (!std::filesystem::exists(std::filesystem::path(path).parent_path(), ignored))
    return ": make its folder and let this user write there, or change the path";
  return ": let this user write there, or change the path";
}

// Without descriptors a path of a missing folder fails for want of them, too.
bool folderIsThere(const std::string& path) {
  return ::access(std::filesystem::path(path).parent_path().c_str(), F_OK) == 0 || errno == EACCES;
}

Error failure(const std::string& logger, const std::string& path, const Error& why) {
  const bool mayPass = why.code() == ErrorCode::Unavailable && folderIsThere(path);
  return Error(mayPass ? ErrorCode::Unavailable : ErrorCode::Invalid,
               "log file " + path + " (logger '" + logger + "'): " + why.message() + adviceFor(path));
}

Result<UniqueFd> openFile(const std::string& path, int flags, mode_t mode) {
  return isDevice(path) || leadsToDevice(path) ? openDevice(path) : openOwnFile(path, flags, mode);
}

// A missing file is no error where it could be made.
Result<void> checkFile(const std::string& path) {
  const auto file = openFile(path, 0, kPrivateFile);
  if (file) return {};
  if (file.error().code() != ErrorCode::NotFound) return file.error();
  const auto folder = std::filesystem::path(path).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return Error(codeOfErrno(errno), errnoText(errno));
  return {};
}

}  // namespace

Result<UniqueFd> openLogFile(const std::string& logger, const std::string& path, mode_t mode) {
  auto file = openFile(path, O_CREAT, mode);
  if (!file) return failure(logger, path, file.error());
  return file;
}

mode_t rightsForSuccessor(int descriptor) {
  constexpr mode_t kOfOwnerAndGroup = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
  struct stat info{};
  return ::fstat(descriptor, &info) == 0 ? info.st_mode & kOfOwnerAndGroup : kPrivateFile;
}

Result<void> checkLogFiles(std::span<const LogSinkConfig> loggers) {
  for (const auto& logger : loggers) {
    if (logger.type != LogSinkConfig::Type::File) continue;
    std::error_code ignored;
    const auto path = std::filesystem::absolute(logger.path, ignored).string();
    if (auto fine = checkFile(path); !fine) return failure(logger.name, path, fine.error());
  }
  return {};
}

}  // namespace leptir
