#include "base/nonblocking_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <string>
#include <utility>

namespace leptir::base {
namespace {

// Bytes that fit after poll() has reported that the descriptor is writable: one page for a pipe, about a hundred bytes
// for a terminal.
constexpr std::size_t kMaxPipeWriteBytes = PIPE_BUF, kMaxTerminalWriteBytes = 128;

UniqueFd openOnceMore(int descriptor) {
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// A copy is not affected when a task closes or replaces descriptors 0 to 2.
UniqueFd copyOf(int descriptor) {
  return UniqueFd(::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// Blocks a signal that a write can raise, so that it neither ends nor stops this process, whatever handler is set for
// it. A signal that was raised by the write is consumed.
class ScopedSignalBlock {
 public:
  explicit ScopedSignalBlock(int signal) {
    ::sigemptyset(&blockedSignals_);
    ::sigaddset(&blockedSignals_, signal);
    ::pthread_sigmask(SIG_BLOCK, &blockedSignals_, &before_);
    wasBlocked_ = ::sigismember(&before_, signal) != 0;
  }
  ~ScopedSignalBlock() {
    if (wasBlocked_) return;
    const int error = errno;
    if (error == EPIPE || error == EFBIG) consumePendingSignal();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  ScopedSignalBlock(const ScopedSignalBlock&) = delete;
  ScopedSignalBlock& operator=(const ScopedSignalBlock&) = delete;

 private:
  void consumePendingSignal() const {
    const timespec atOnce{};
    while (::sigtimedwait(&blockedSignals_, nullptr, &atOnce) < 0 && errno == EINTR) continue;
  }
  sigset_t blockedSignals_;
  sigset_t before_;
  bool wasBlocked_ = false;
};

// Raises the soft limit on file sizes to the hard limit for a moment. The soft limit is meant for the task that this
// process runs (worker/resource_limits.cc), not for its log. If another thread restores the soft limit too early, only
// this write fails.
class SoftFileSizeLimitLifted {
 public:
  SoftFileSizeLimitLifted() {
    if (::getrlimit(RLIMIT_FSIZE, &before_) != 0 || before_.rlim_cur == before_.rlim_max) return;
    const rlimit most{before_.rlim_max, before_.rlim_max};
    isLifted_ = ::setrlimit(RLIMIT_FSIZE, &most) == 0;
  }
  ~SoftFileSizeLimitLifted() {
    const int error = errno;
    if (isLifted_) ::setrlimit(RLIMIT_FSIZE, &before_);
    errno = error;
  }
  SoftFileSizeLimitLifted(const SoftFileSizeLimitLifted&) = delete;
  SoftFileSizeLimitLifted& operator=(const SoftFileSizeLimitLifted&) = delete;

 private:
  rlimit before_{};
  bool isLifted_ = false;
};

bool isWritable(int descriptor, const timespec& longest) {
  pollfd waiting{descriptor, POLLOUT, 0};
  return ::ppoll(&waiting, 1, &longest, nullptr) == 1;  // an error also answers true: the write then reports it
}

}  // namespace

NonBlockingOutput::Kind NonBlockingOutput::kindOf(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return Kind::File;
  if (S_ISSOCK(status.st_mode)) return Kind::Socket;
  if (S_ISFIFO(status.st_mode)) return Kind::Pipe;
  return S_ISCHR(status.st_mode) ? Kind::Terminal : Kind::File;
}

// The signal that a write can raise: SIGPIPE when the reader of the pipe is gone, SIGTTOU when this process is not in
// the foreground of the terminal (`stty tostop`), SIGXFSZ when the file has grown to the size limit. A blocked SIGTTOU
// lets the write through.
int NonBlockingOutput::signalRaisedByWrite(Kind kind) {
  if (kind == Kind::Pipe) return SIGPIPE;
  return kind == Kind::Terminal ? SIGTTOU : SIGXFSZ;
}

NonBlockingOutput::NonBlockingOutput(int descriptor) : given_(descriptor), kind_(kindOf(descriptor)) {
  if (kind_ == Kind::Pipe || kind_ == Kind::Terminal) own_ = openOnceMore(descriptor);
  isNonBlocking_ = static_cast<bool>(own_);
  if (!own_) own_ = copyOf(descriptor);
  identity_ = FileIdentity::of(this->descriptor());
}

NonBlockingOutput::NonBlockingOutput(UniqueFd opened)
    : own_(std::move(opened)), isNonBlocking_(true), kind_(kindOf(own_.get())) {}

void NonBlockingOutput::unshareOpenFile() const noexcept {
  if (!isNonBlocking_ || kind_ == Kind::File || kind_ == Kind::Socket) return;
  if (const auto again = openOnceMore(own_.get())) ::dup3(again.get(), own_.get(), O_CLOEXEC);
}

bool NonBlockingOutput::isDescriptorOfOurFile() const noexcept {
  return identity_ == FileIdentity{} || FileIdentity::of(descriptor()) == identity_;
}

ssize_t NonBlockingOutput::write(std::string_view text) const noexcept {
  if (!isDescriptorOfOurFile()) {
    errno = EBADF;
    return -1;
  }
  if (kind_ == Kind::Socket) return writeNow(text);
  const ScopedSignalBlock guard(signalRaisedByWrite(kind_));
  const auto written = writeNow(text);
  if (written >= 0 || errno != EFBIG) return written;
  const SoftFileSizeLimitLifted lifted;
  return writeNow(text);
}

ssize_t NonBlockingOutput::writeNow(std::string_view text) const noexcept {
  if (kind_ == Kind::Socket) return ::send(descriptor(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (kind_ == Kind::File || isNonBlocking_) return ::write(descriptor(), text.data(), text.size());
  if (!isWritable(descriptor(), timespec{})) {
    errno = EAGAIN;
    return -1;
  }
  const auto piece = std::min(text.size(), kind_ == Kind::Pipe ? kMaxPipeWriteBytes : kMaxTerminalWriteBytes);
  return ::write(descriptor(), text.data(), piece);
}

bool NonBlockingOutput::waitUntilWritable(Duration longest) const noexcept {
  longest = std::max(longest, Duration::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  return isWritable(descriptor(), {whole.count(), std::chrono::nanoseconds(longest - whole).count()});
}

}  // namespace leptir::base
