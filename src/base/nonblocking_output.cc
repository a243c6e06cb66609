#include "base/nonblocking_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <string>
#include <utility>

namespace leptir {
namespace {

// What fits after poll() has reported room: a pipe has a whole page then, a terminal some hundred bytes.
constexpr std::size_t kPipePiece = PIPE_BUF, kTerminalPiece = 128;

UniqueFd openOnceMore(int descriptor) {
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Keeps a broken pipe from ending the program, whatever the program does with SIGPIPE.
class SigpipeHeldBack {
 public:
  SigpipeHeldBack() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeHeldBack() {
    const int error = errno;
    if (::sigismember(&before_, SIGPIPE) != 0) return;
    const timespec atOnce{};
    while (::sigtimedwait(&sigpipe_, nullptr, &atOnce) < 0 && errno == EINTR) continue;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  SigpipeHeldBack(const SigpipeHeldBack&) = delete;
  SigpipeHeldBack& operator=(const SigpipeHeldBack&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

bool hasRoom(int descriptor, const timespec& longest) {
  pollfd room{descriptor, POLLOUT, 0};
  return ::ppoll(&room, 1, &longest, nullptr) == 1;  // an error counts: the write reports it
}

}  // namespace

NonBlockingOutput::Kind NonBlockingOutput::kindOf(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return Kind::File;
  if (S_ISSOCK(status.st_mode)) return Kind::Socket;
  if (S_ISFIFO(status.st_mode)) return Kind::Pipe;
  return S_ISCHR(status.st_mode) ? Kind::Terminal : Kind::File;
}

NonBlockingOutput::NonBlockingOutput(int descriptor) : given_(descriptor), kind_(kindOf(descriptor)) {
  if (kind_ == Kind::Pipe || kind_ == Kind::Terminal) own_ = openOnceMore(descriptor);
  if (own_) identity_ = FileIdentity::of(own_.get());
}

NonBlockingOutput::NonBlockingOutput(UniqueFd opened) : own_(std::move(opened)), kind_(kindOf(own_.get())) {}

void NonBlockingOutput::openAnew() const noexcept {
  if (!own_ || kind_ == Kind::File || kind_ == Kind::Socket) return;
  if (const auto again = openOnceMore(own_.get())) ::dup3(again.get(), own_.get(), O_CLOEXEC);
}

bool NonBlockingOutput::isStillOurs() const noexcept {
  return identity_ == FileIdentity{} || FileIdentity::of(own_.get()) == identity_;
}

ssize_t NonBlockingOutput::write(std::string_view text) const noexcept {
  if (!isStillOurs()) {
    errno = EBADF;
    return -1;
  }
  if (kind_ != Kind::Pipe) return writeNow(text);
  const SigpipeHeldBack guard;
  return writeNow(text);
}

ssize_t NonBlockingOutput::writeNow(std::string_view text) const noexcept {
  if (kind_ == Kind::Socket) return ::send(descriptor(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (kind_ == Kind::File || own_) return ::write(descriptor(), text.data(), text.size());
  if (!hasRoom(descriptor(), timespec{})) {
    errno = EAGAIN;
    return -1;
  }
  const auto piece = std::min(text.size(), kind_ == Kind::Pipe ? kPipePiece : kTerminalPiece);
  return ::write(descriptor(), text.data(), piece);
}

bool NonBlockingOutput::waitForRoom(Duration longest) const noexcept {
  longest = std::max(longest, Duration::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  return hasRoom(descriptor(), {whole.count(), std::chrono::nanoseconds(longest - whole).count()});
}

}  // namespace leptir
