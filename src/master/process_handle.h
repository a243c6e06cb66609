// A process of another instance, or of none, that can be signalled and waited for without ever reaching another process
// that got its number later.
#pragma once

#include <functional>
#include <optional>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::master {

class ProcessHandle {
 public:
  // The process whose number `holder` returns: the holder of a lock. None: no process holds it. Calls `holder` again
  // after the process was opened: only if the number is unchanged, the opened process is surely the holder. Invalid: as
  // `holder`, or the process cannot be opened.
  static Result<std::optional<ProcessHandle>> find(const std::function<Result<std::optional<int>>()>& holder);

  int pid() const { return pid_; }
  // Invalid: not permitted. It is no error when the process has ended meanwhile.
  Result<void> signal(int number) const;
  // Waits until the process has ended, at most `longest`. False: it has not ended.
  bool waitUntilGone(Duration longest) const;

 private:
  ProcessHandle(int pid, base::UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  int pid_;
  base::UniqueFd pidfd_;
};

}  // namespace leptir::master
