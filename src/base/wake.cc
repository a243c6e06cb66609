#include "leptir/spi/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace leptir {

namespace {

bool isReady(int descriptor, short what) noexcept {
  pollfd now{descriptor, what, 0};
  return ::poll(&now, 1, 0) == 1 && now.revents == what;
}

}  // namespace

Wake::Wake() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() {
  ::close(descriptor_);
}

// Processes that inherit the eventfd share its O_NONBLOCK flag, and a task may clear that flag and fill the counter. So
// neither read nor write is tried unless poll() says that it would not block.
void Wake::ring() noexcept {
  const std::uint64_t one = 1;
  if (!isReady(descriptor_, POLLOUT)) return;  // the counter is full, so the waiter already has a signal
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

// Another process may read the eventfd between our poll and our read. RWF_NOWAIT keeps the read from blocking even if
// O_NONBLOCK was cleared; kernels before 5.8 do not support it for an eventfd.
bool Wake::clear() noexcept {
  std::uint64_t rings = 0;
  const iovec whole{&rings, sizeof rings};
  auto got = ::preadv2(descriptor_, &whole, 1, -1, RWF_NOWAIT);
  if (got < 0 && errno != EAGAIN && isReady(descriptor_, POLLIN)) got = ::read(descriptor_, &rings, sizeof rings);
  return got == sizeof rings;
}

bool Wake::waitFor(Duration longest) {
  return waitFor(longest, -1);
}

bool Wake::waitFor(Duration longest, int descriptor) {
  if (longest < Duration::zero()) longest = Duration::zero();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{whole.count(), std::chrono::nanoseconds(longest - whole).count()};
  pollfd waiting[2] = {{descriptor_, POLLIN, 0}, {descriptor, POLLIN, 0}};
  ::ppoll(waiting, descriptor < 0 ? 1 : 2, &timeout, nullptr);  // a signal may end the wait early
  return (waiting[0].revents & POLLIN) != 0 && clear();
}

}  // namespace leptir
