#include "stack/cut_short_calls.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/unique_fd.h"

namespace leptir::stack {
namespace {

enum class CutShort {
  Always,
  WithReceiveTimeout,  // the descriptor is a socket with SO_RCVTIMEO; others are restarted by the kernel
  WithSendTimeout,     // the same for SO_SNDTIMEO
};

struct CallRule {
  long number;
  CutShort when;
};

// A call that writes, and waits since a pipe or a socket is full, may have written a part: it would return how much.
constexpr CallRule kCallRules[] = {
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, CutShort::Always},
#endif
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, CutShort::Always},
#endif
#ifdef SYS_io_uring_enter
    {SYS_io_uring_enter, CutShort::Always},
#endif
#ifdef SYS_io_pgetevents
    {SYS_io_pgetevents, CutShort::Always},
#endif
    {SYS_epoll_pwait, CutShort::Always},
    {SYS_io_getevents, CutShort::Always},
    {SYS_rt_sigtimedwait, CutShort::Always},
    {SYS_semop, CutShort::Always},
    {SYS_semtimedop, CutShort::Always},
    {SYS_write, CutShort::Always},
    {SYS_writev, CutShort::Always},
    {SYS_sendto, CutShort::Always},
    {SYS_sendmsg, CutShort::Always},
    {SYS_sendmmsg, CutShort::Always},
    {SYS_sendfile, CutShort::Always},
    {SYS_splice, CutShort::Always},
    {SYS_tee, CutShort::Always},
    {SYS_vmsplice, CutShort::Always},
    {SYS_recvmmsg, CutShort::Always},  // it would return the messages that have come
    {SYS_accept, CutShort::WithReceiveTimeout},
    {SYS_accept4, CutShort::WithReceiveTimeout},
    {SYS_read, CutShort::WithReceiveTimeout},
    {SYS_readv, CutShort::WithReceiveTimeout},
    {SYS_recvfrom, CutShort::WithReceiveTimeout},
    {SYS_recvmsg, CutShort::WithReceiveTimeout},
    {SYS_connect, CutShort::WithSendTimeout},
};

// With MSG_WAITALL the call would return the bytes that have come.
bool waitsForAllBytes(const WaitingCall& call) {
  const auto flags = call.number == SYS_recvfrom  ? call.arguments[3]
                     : call.number == SYS_recvmsg ? call.arguments[2]
                                                  : 0;
  return (flags & MSG_WAITALL) != 0;
}

// "socket:[4711]"; empty: it cannot be read.
std::string fileBehind(const std::string& link) {
  char target[256];
  const auto bytes = ::readlink(link.c_str(), target, sizeof target);
  return {target, static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))};
}

base::UniqueFd duplicateOf(int process, int descriptor) {
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_getfd)
  const base::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!handle) return {};
  return base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), descriptor, 0)));
#else
  return {};
#endif
}

// False for what is no socket. True where this cannot be found out: the kernel is too old, or forbids it.
bool isSocketWithTimeout(int process, int tid, int descriptor, int option) {
  const auto number = std::to_string(descriptor);
  const auto file = fileBehind("/proc/" + std::to_string(process) + "/task/" + std::to_string(tid) + "/fd/" + number);
  if (!file.empty() && !file.starts_with("socket:")) return false;
  const auto socket = duplicateOf(process, descriptor);
  // A thread may have a table of descriptors of its own.
  if (!socket || fileBehind("/proc/self/fd/" + std::to_string(socket.get())) != file) return true;
  timeval timeout{};
  socklen_t bytes = sizeof timeout;
  if (::getsockopt(socket.get(), SOL_SOCKET, option, &timeout, &bytes) != 0) return true;
  return timeout.tv_sec != 0 || timeout.tv_usec != 0;
}

}  // namespace

bool isCutShortByStop(int process, int tid, const WaitingCall& call) {
  const auto* const rule = std::ranges::find(kCallRules, call.number, &CallRule::number);
  if (rule == std::ranges::end(kCallRules)) return false;
  if (rule->when == CutShort::Always || waitsForAllBytes(call)) return true;
  const int option = rule->when == CutShort::WithSendTimeout ? SO_SNDTIMEO : SO_RCVTIMEO;
  return isSocketWithTimeout(process, tid, static_cast<int>(call.arguments[0]), option);
}

}  // namespace leptir::stack
