// Files and folders that only root and our own user may use: how leptir makes them, and which existing ones it trusts.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

inline constexpr mode_t kPrivateFile = 0600;
inline constexpr mode_t kPrivateFolder = 0700;

// What a file that several users share on purpose gives to its group, for a file or folder that is made beside it.
inline mode_t groupRights(const struct stat& shared) {
  return shared.st_mode & S_IRWXG;
}

// "user alice", or "user 1234" when the number has no name.
std::string userText(uid_t user);

// Root and our effective user.
bool isTrustedOwner(uid_t owner);
// Invalid: another user owns the file, says who and what to do; without the file's name.
Result<void> checkOwner(const struct stat& info);

// Opens a file, or with O_CREAT makes it for our user alone whatever the umask. Never waits for a pipe, never follows
// a symbolic link at the end of the path. NotFound: no such file (with O_CREAT: no such folder). Lost: with O_EXCL, it
// is there. Invalid, Unavailable: see errno_code.h. Without the file's name.
Result<UniqueFd> openPrivateFile(const std::filesystem::path& file, int flags, mode_t mode = kPrivateFile);

// Makes the folder, and what is missing above it, for our user alone. An existing folder stays as it is. Invalid,
// Unavailable: the reason, without the folder's name.
Result<void> makePrivateFolder(const std::filesystem::path& folder);

// Makes one folder for our user alone whatever the umask. Lost: a file or folder is there. Invalid, Unavailable: the
// reason, without the folder's name.
Result<void> makeNewFolder(const std::filesystem::path& folder);

// Where root makes a file beside one of another user, the other user must be able to use it: gives `descriptor` the
// owner (as root), the group (where permitted) and the group's rights of `model`. Best effort.
void shareLike(int descriptor, const struct stat& model);

// The group's part of it alone: `descriptor` keeps its owner, which says whose it is.
void shareWithGroupOf(int descriptor, const struct stat& model);

}  // namespace leptir
