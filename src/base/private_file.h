// How leptir creates files and folders that only root and its own user may use, and which existing files it trusts.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::base {

inline constexpr mode_t kPrivateFile = 0600;
inline constexpr mode_t kPrivateFolder = 0700;

// "user alice", or "user 1234" when the user number has no name.
std::string describeUser(uid_t user);

// True for root and for the effective user of this process.
bool isTrustedOwner(uid_t owner);
// Invalid: neither root nor the effective user of this process owns the file. The message names both users and the
// remedy, but not the file.
Result<void> checkOwner(const struct stat& info);

// Opens a file. With O_CREAT a missing file is created with permission `mode`, whatever the umask. Never waits for a
// pipe, and never follows a symbolic link at the end of the path. NotFound: no such file (with O_CREAT: no such
// folder). Lost: with O_EXCL, the file already exists. Invalid, Unavailable: see errno_code.h. Messages do not name the
// file.
Result<UniqueFd> openPrivateFile(const std::filesystem::path& file, int flags, mode_t mode = kPrivateFile);

// Creates the folder, and missing folders above it, for our user alone. An existing folder keeps its permissions.
// Invalid, Unavailable: the message has the reason, but not the name of the folder.
Result<void> makePrivateFolder(const std::filesystem::path& folder);

// Creates one folder for our user alone, whatever the umask. Lost: a file or folder of that name exists. Invalid,
// Unavailable: the message has the reason, but not the name of the folder.
Result<void> makeNewPrivateFolder(const std::filesystem::path& folder);

}  // namespace leptir::base
