#include "base/private_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/errno_code.h"
#include "base/errno_text.h"

namespace leptir::base {
namespace {

Error openingError(int error) {
  if (error == ELOOP) return Error(ErrorCode::Invalid, "is a symbolic link: name the file itself");
  return Error(error == ENOENT ? ErrorCode::NotFound : codeOfErrno(error), errnoText(error));
}

constexpr int kFlagsOfEveryOpen = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Result<UniqueFd> openExisting(const std::filesystem::path& file, int flags) {
  UniqueFd opened(::open(file.c_str(), flags | kFlagsOfEveryOpen));
  if (!opened) return openingError(errno);
  return opened;
}

// Lost: the file exists.
Result<UniqueFd> makeNew(const std::filesystem::path& file, int flags, mode_t mode) {
  UniqueFd made(::open(file.c_str(), flags | O_EXCL | kFlagsOfEveryOpen, mode));
  if (!made && errno == EEXIST) return Error(ErrorCode::Lost, errnoText(EEXIST));
  if (!made) return openingError(errno);
  ::fchmod(made.get(), mode);  // the umask may have removed more
  return made;
}

Result<void> makeOneFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return {};
  auto made = makeNewPrivateFolder(folder);
  const bool isThere = !made && made.error().code() == ErrorCode::Lost;
  if (!isThere) return made;
  if (std::filesystem::is_directory(folder, ignored)) return {};  // another process has made it meanwhile
  return Error(codeOfErrno(ENOTDIR), errnoText(ENOTDIR));
}

}  // namespace

std::string describeUser(uid_t user) {
  char text[4096];
  passwd entry{}, *found = nullptr;
  ::getpwuid_r(user, &entry, text, sizeof text, &found);
  return "user " + (found != nullptr ? std::string(found->pw_name) : std::to_string(user));
}

bool isTrustedOwner(uid_t owner) {
  return owner == 0 || owner == ::geteuid();
}

Result<void> checkOwner(const struct stat& info) {
  if (isTrustedOwner(info.st_uid)) return {};
  return Error(ErrorCode::Invalid, "belongs to " + describeUser(info.st_uid) + ", and leptir runs as " +
                                       describeUser(::geteuid()) +
                                       ": run leptir as its owner, or change the owner (chown)");
}

Result<UniqueFd> openPrivateFile(const std::filesystem::path& file, int flags, mode_t mode) {
  const bool mayMake = (flags & O_CREAT) != 0;
  if (!mayMake) return openExisting(file, flags);
  // Another process may remove or create the file at any moment, for example a log rotation.
  constexpr int kMaxTries = 100;
  for (int tries = 1;; ++tries) {
    auto made = makeNew(file, flags, mode);
    const bool isThere = !made && made.error().code() == ErrorCode::Lost;
    if (!isThere || (flags & O_EXCL) != 0) return made;
    auto opened = openExisting(file, flags & ~O_CREAT);
    const bool isGone = !opened && opened.error().code() == ErrorCode::NotFound;
    if (!isGone || tries == kMaxTries) return opened;
  }
}

Result<void> makeNewPrivateFolder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), kPrivateFolder) != 0) {
    return Error(errno == EEXIST ? ErrorCode::Lost : codeOfErrno(errno), errnoText(errno));
  }
  ::fchmodat(AT_FDCWD, folder.c_str(), kPrivateFolder, AT_SYMLINK_NOFOLLOW);  // the umask may have removed more
  return {};
}

Result<void> makePrivateFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return {};
  std::filesystem::path above;
  for (const auto& part : folder.parent_path()) {
    above /= part;
    if (auto made = makeOneFolder(above); !made) return made.error().in(above.string());
  }
  return makeOneFolder(folder);
}

}  // namespace leptir::base
