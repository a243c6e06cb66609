// A child of the master: its fork, and signals to it that never reach another process which got its pid later.
#pragma once

#include <functional>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::master {

class ChildProcess {
 public:
  // Forks. The child becomes the leader of a session and a process group (which may not exist yet when this returns),
  // is killed when this process dies, resets its signals (see resetSignalsInChild) and runs `main`, whose result is its
  // exit status. Call it from the only thread, with empty stdio buffers: the child would write their content, too.
  // Unavailable: no process can be created now.
  static Result<ChildProcess> start(const std::function<int()>& main);

  int pid() const { return pid_; }
  // Signals the child itself. Does nothing once it is dead.
  void signal(int number) const;
  // Signals its process group. Only until the child is reaped: later the number may be that of another group.
  void signalGroup(int number) const;
  // In another child of the master: closes the inherited descriptor.
  void closeInChild() { pidfd_ = base::UniqueFd(); }

 private:
  ChildProcess(int pid, base::UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  int pid_;
  base::UniqueFd pidfd_;
};

}  // namespace leptir::master
