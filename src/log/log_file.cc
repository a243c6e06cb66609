#include "log/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/errno_code.h"
#include "base/errno_text.h"

namespace leptir::log {
namespace {

// True for paths of streams and devices, which only root can create: /dev/stdout is a symbolic link, and in containers
// often the log.
bool isDevice(const std::filesystem::path& path) {
  const auto plain = path.lexically_normal();
  const auto folder = plain.parent_path().string();
  return folder == "/dev" || folder == "/dev/fd" || folder.starts_with("/proc/");
}

// A symbolic link such as "app.log -> /dev/stdout", as container images have.
bool leadsToDevice(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode) || !base::isTrustedOwner(info.st_uid)) return false;
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return !failed && isDevice(target);
}

Result<base::UniqueFd> openDevice(const std::string& path) {
  base::UniqueFd device(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!device) return Error(base::codeOfErrno(errno), base::errnoText(errno));
  return device;
}

Result<base::UniqueFd> openOwnFile(const std::string& path, int flags, mode_t mode) {
  auto file = base::openPrivateFile(path, O_WRONLY | O_APPEND | flags, mode);
  struct stat info{};
  if (!file || ::fstat(file->get(), &info) != 0) return file;
  if (auto ours = base::checkOwner(info); !ours) return ours.error();
  return file;
}

std::string adviceFor(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return ": name a file in it";
  if (!std::filesystem::exists(std::filesystem::path(path).parent_path(), ignored))
    return ": make its folder and let this user write there, or change the path";
  return ": let this user write there, or change the path";
}

// When the process has no free descriptor, opening a path in a missing folder also fails with EMFILE; this tells both
// cases apart.
bool folderIsThere(const std::string& path) {
  return ::access(std::filesystem::path(path).parent_path().c_str(), F_OK) == 0 || errno == EACCES;
}

Error failure(const std::string& logger, const std::string& path, const Error& why) {
  const bool isTemporary = why.code() == ErrorCode::Unavailable && folderIsThere(path);
  return Error(isTemporary ? ErrorCode::Unavailable : ErrorCode::Invalid,
               "log file " + path + " (logger '" + logger + "'): " + why.message() + adviceFor(path));
}

Result<base::UniqueFd> openFile(const std::string& path, int flags, mode_t mode) {
  return isDevice(path) || leadsToDevice(path) ? openDevice(path) : openOwnFile(path, flags, mode);
}

// A missing file is not an error if it could be created.
Result<void> checkFile(const std::string& path) {
  const auto file = openFile(path, 0, base::kPrivateFile);
  if (file) return {};
  if (file.error().code() != ErrorCode::NotFound) return file.error();
  const auto folder = std::filesystem::path(path).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return Error(base::codeOfErrno(errno), base::errnoText(errno));
  return {};
}

}  // namespace

Result<base::UniqueFd> openLogFile(const std::string& logger, const std::string& path, mode_t mode) {
  auto file = openFile(path, O_CREAT, mode);
  if (!file) return failure(logger, path, file.error());
  return file;
}

mode_t modeForRotatedFile(int descriptor) {
  constexpr mode_t kOfOwnerAndGroup = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
  struct stat info{};
  return ::fstat(descriptor, &info) == 0 ? info.st_mode & kOfOwnerAndGroup : base::kPrivateFile;
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

}  // namespace leptir::log
