// A child of the master: the fork, and how to signal it without ever hitting a stranger who got its number.
#pragma once

#include <functional>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

class ChildProcess {
 public:
  // Forks. The child leads a session and a process group of its own (soon: the group may not exist yet when this
  // returns), dies with this process, has its signals reset (see
  // resetSignalsInChild) and runs `main`, whose answer is its exit status. Call it from the only thread, with nothing
  // in the buffers of stdio: the child would write that, too. Unavailable: no process can be made now.
  static Result<ChildProcess> start(const std::function<int()>& main);

  int pid() const { return pid_; }
  // To the process itself; nothing happens once it is dead.
  void signal(int number) const;
  // To its group. Only until it is reaped may the number be trusted.
  void signalGroup(int number) const;
  // In another child: its descriptor is not theirs.
  void closeInChild() { pidfd_ = UniqueFd(); }

 private:
  ChildProcess(int pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  int pid_;
  UniqueFd pidfd_;
};

}  // namespace leptir
