// The lock files of an instance: its processes hold them locked for as long as one of them lives. Stores whose sessions
// do not expire by time (SQLite) see by these locks whether the instance that opened a session is alive.
#pragma once

#include <filesystem>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::instance {

// Held by the master and inherited by every child; closed on exec, so that programs do not hold them.
class SessionLocks {
 public:
  // Makes and locks files that are not held yet; if one of them fails, it holds what it held before. Processes that
  // were forked earlier do not hold the new locks. Invalid: a file can never be made there. Lost: another process holds
  // its lock (its name is random, so not by chance). A file that just cannot be made now is left to restore().
  Result<void> take(const std::vector<std::filesystem::path>& files);
  // For workers, at most once in a process: processes forked from now on do not hold the locks, since a process that a
  // task leaves running does not prove that the instance lives.
  void closeInForkedChildren() const;
  // For the master, about every second: makes files anew that were removed or replaced, and answers their names. Only
  // this process and its later children hold the new locks. So other instances see the lock of a living instance, even
  // if its files are deleted.
  Result<std::vector<std::filesystem::path>> restore();
  // Removes the files: at a clean end, when the sessions are closed.
  void remove();

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<base::UniqueFd> locks_;
  std::vector<base::UniqueFd>
      moved_;  // of files that have another name now: still held, since they may be checked there
};

}  // namespace leptir::instance
