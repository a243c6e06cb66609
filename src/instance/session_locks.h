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
  // forked before do not hold the new ones. Invalid: one cannot be made; Lost: somebody holds it (it is random, so that
  // cannot be chance).
  Result<void> take(const std::vector<std::filesystem::path>& files);
  // What this process forks from now on does not hold them: what a task leaves behind says nothing about the instance.
  // For workers; at most once in a process.
  void letGoInForks() const;
  // Removes the files: at a clean end, when the sessions are closed.
  void remove();

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<UniqueFd> locks_;
};

}  // namespace leptir
