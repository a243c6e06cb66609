// The lock file of an instance: its master locks it before it forks, every process of the instance inherits the lock,
// and the kernel lets go of it with the last of them. Only a lock that is ours now proves that the instance is dead:
// every failure to open or lock the file says nothing (docs/adr/proof-of-death.md).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/unique_fd.h"

namespace leptir {

struct SessionLockAttempt {
  enum class Answer {
    LockedByUs,  // no process held it
    Held,        // a process of its instance lives, or another process tries just now
    Missing,     // there is no such file
    CannotTell   // `why` says what failed
  };
  Answer answer = Answer::CannotTell;
  std::string why;
  UniqueFd lock;    // LockedByUs: given up with it
  ino_t inode = 0;  // LockedByUs: of the file
  uid_t owner = 0;  // likewise
};

SessionLockAttempt tryToLockSession(const std::filesystem::path& file);

// Removes the lock files in `folder` that no process holds and that are old enough not to be just in the making, but
// none of an instance in `wanted`.
void removeStaleSessionLocks(const std::filesystem::path& folder, const std::set<std::string>& wanted);

}  // namespace leptir
