#include "master/process_handle.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string>

#include "base/errno_text.h"

namespace leptir::master {

Result<std::optional<ProcessHandle>> ProcessHandle::find(const std::function<Result<std::optional<int>>()>& holder) {
  const auto pid = holder();
  if (!pid) return pid.error();
  if (!*pid) return std::optional<ProcessHandle>();
  base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, **pid, 0)));
  if (!pidfd && errno == ESRCH) return std::optional<ProcessHandle>();
  if (!pidfd)
    return Error(ErrorCode::Invalid,
                 "process " + std::to_string(**pid) + ": cannot be opened: " + base::errnoText(errno));
  const auto again = holder();
  if (!again) return again.error();
  if (*again != *pid) return std::optional<ProcessHandle>();
  return std::optional<ProcessHandle>(ProcessHandle(**pid, std::move(pidfd)));
}

Result<void> ProcessHandle::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0 || errno == ESRCH) return {};
  return Error(ErrorCode::Invalid, "process " + std::to_string(pid_) + ": " + base::errnoText(errno));
}

bool ProcessHandle::waitUntilGone(Duration longest) const {
  const auto until = systemClock().bootTime() + longest;
  for (;;) {
    const auto left = std::max(until - systemClock().bootTime(), Duration::zero());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{whole.count(), std::chrono::nanoseconds(left - whole).count()};
    pollfd gone{pidfd_.get(), POLLIN, 0};
    if (::ppoll(&gone, 1, &timeout, nullptr) > 0) return true;
    if (left == Duration::zero()) return false;
  }
}

}  // namespace leptir::master
