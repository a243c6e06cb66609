// The lock file of an instance: the master locks it (flock) before it forks, every process of the instance inherits the
// lock, and the kernel releases it when the last of them ends. Only a lock that this process could take proves that the
// instance is dead; a failure to open or lock the file proves nothing (docs/adr/proof-of-death.md).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/unique_fd.h"

namespace leptir::sqlite {

enum class LockAnswer {
  LockedByUs,  // no process held it
  Held,        // a process of the instance lives, or another process is testing the lock right now
  Missing,     // the file does not exist
  CannotTell   // SessionLockAttempt::why says what failed
};

struct SessionLockAttempt {
  LockAnswer answer = LockAnswer::CannotTell;
  std::string why;
  base::UniqueFd lock;  // LockedByUs: the lock ends when this is closed
  ino_t inode = 0;      // LockedByUs: inode of the file
  uid_t owner = 0;      // LockedByUs: owner of the file
};

// Takes the lock if it is free. Never waits.
SessionLockAttempt tryToLockSession(const std::filesystem::path& file);

// Removes the lock files in `folder` that no process holds and that are over an hour old (a younger one may just be in
// the making). Keeps those of the instances in `wanted`.
void removeStaleSessionLocks(const std::filesystem::path& folder, const std::set<std::string>& wanted);

}  // namespace leptir::sqlite
