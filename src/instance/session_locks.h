// The files that an instance holds locked as long as any of its processes lives: the sign, for stores whose sessions
// last as long, that it lives.
#pragma once

#include <filesystem>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// Held by the master and inherited by every child; closed on exec, so that programs do not hold them.
class SessionLocks {
 public:
  // Makes and locks those that it does not hold yet; when one fails it holds what it held before. Processes that were
  // forked before do not hold the new ones. Invalid: one can never be made there; Lost: another process holds it (it is
  // random, so that cannot be chance). One that only cannot be made now is left to restore().
  Result<void> take(const std::vector<std::filesystem::path>& files);
  // What this process forks from now on does not hold them: what a task leaves behind says nothing about the instance.
  // For workers; at most once in a process.
  void letGoInForks() const;
  // Makes the files that were removed or replaced anew, and answers their names: for the master, about every second.
  // This process alone holds the new locks, with what it forks from now on. Other instances see the lock of an instance
  // that lives, whatever somebody cleans up.
  Result<std::vector<std::filesystem::path>> restore();
  // Removes the files: at a clean end, when the sessions are closed.
  void remove();

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<UniqueFd> locks_;
  std::vector<UniqueFd> moved_;  // still named somewhere else, where they say that this instance lives
};

}  // namespace leptir
