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

enum class CutShortWhen {
  Always,
  WithReceiveTimeout,  // the descriptor is a socket with SO_RCVTIMEO; others are restarted by the kernel
  WithSendTimeout,     // the same for SO_SNDTIMEO
};

struct CallRule {
  long number;
  CutShortWhen when;
};

// A call that writes, and waits since a pipe or a socket is full, may have written a part: it would return how much.
constexpr CallRule kCallRules[] = {
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, CutShortWhen::Always},
#endif
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, CutShortWhen::Always},
#endif
#ifdef SYS_io_uring_enter
    {SYS_io_uring_enter, CutShortWhen::Always},
#endif
#ifdef SYS_io_pgetevents
    {SYS_io_pgetevents, CutShortWhen::Always},
#endif
    {SYS_epoll_pwait, CutShortWhen::Always},
    {SYS_io_getevents, CutShortWhen::Always},
    {SYS_rt_sigtimedwait, CutShortWhen::Always},
    {SYS_semop, CutShortWhen::Always},
    {SYS_semtimedop, CutShortWhen::Always},
    {SYS_write, CutShortWhen::Always},
    {SYS_writev, CutShortWhen::Always},
    {SYS_sendto, CutShortWhen::Always},
    {SYS_sendmsg, CutShortWhen::Always},
    {SYS_sendmmsg, CutShortWhen::Always},
    {SYS_sendfile, CutShortWhen::Always},
    {SYS_splice, CutShortWhen::Always},
    {SYS_tee, CutShortWhen::Always},
    {SYS_vmsplice, CutShortWhen::Always},
    {SYS_recvmmsg, CutShortWhen::Always},  // it would return the messages that have come
    {SYS_accept, CutShortWhen::WithReceiveTimeout},
    {SYS_accept4, CutShortWhen::WithReceiveTimeout},
    {SYS_read, CutShortWhen::WithReceiveTimeout},
    {SYS_readv, CutShortWhen::WithReceiveTimeout},
    {SYS_recvfrom, CutShortWhen::WithReceiveTimeout},
    {SYS_recvmsg, CutShortWhen::WithReceiveTimeout},
    {SYS_connect, CutShortWhen::WithSendTimeout},
};

// With MSG_WAITALL the call would return the bytes that have come.
bool waitsForAllBytes(const WaitingCall& call) {
  const auto flags = call.number == SYS_recvfrom  ? call.arguments[3]
                     : call.number == SYS_recvmsg ? call.arguments[2]
                                                  : 0;
  return (flags & MSG_WAITALL) != 0;
}

// "socket:[4711]"; empty: it cannot be read.
std::string readFdLink(const std::string& link) {
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
bool mayBeSocketWithTimeout(int process, int tid, int descriptor, int option) {
  const auto number = std::to_string(descriptor);
  const auto file = readFdLink("/proc/" + std::to_string(process) + "/task/" + std::to_string(tid) + "/fd/" + number);
  if (!file.empty() && !file.starts_with("socket:")) return false;
  const auto socket = duplicateOf(process, descriptor);
  // A thread may have a table of descriptors of its own.
  if (!socket || readFdLink("/proc/self/fd/" + std::to_string(socket.get())) != file) return true;
  timeval timeout{};
  socklen_t bytes = sizeof timeout;
  if (::getsockopt(socket.get(), SOL_SOCKET, option, &timeout, &bytes) != 0) return true;
  return timeout.tv_sec != 0 || timeout.tv_usec != 0;
}

}  // namespace

bool mayBeCutShortByStop(int process, int tid, const WaitingCall& call) {
  const auto* const rule = std::ranges::find(kCallRules, call.number, &CallRule::number);
  if (rule == std::ranges::end(kCallRules)) return false;
  if (rule->when == CutShortWhen::Always || waitsForAllBytes(call)) return true;
  const int option = rule->when == CutShortWhen::WithSendTimeout ? SO_SNDTIMEO : SO_RCVTIMEO;
  return mayBeSocketWithTimeout(process, tid, static_cast<int>(call.arguments[0]), option);
}

}  // namespace leptir::stack
