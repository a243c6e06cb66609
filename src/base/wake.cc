#include "leptir/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace leptir {

Wake::Wake() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() {
  ::close(descriptor_);
}

void Wake::ring() noexcept {
  const std::uint64_t one = 1;
  // It can only fail when it already rings as loud as it can.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

bool Wake::clear() noexcept {
  std::uint64_t rings = 0;
  return ::read(descriptor_, &rings, sizeof rings) == sizeof rings;
}

bool Wake::waitFor(Duration longest) {
  return waitFor(longest, -1);
}

bool Wake::waitFor(Duration longest, int descriptor) {
  if (longest < Duration::zero()) longest = Duration::zero();
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{whole.count(), std::chrono::nanoseconds(longest - whole).count()};
  pollfd waiting[2] = {{descriptor_, POLLIN, 0}, {descriptor, POLLIN, 0}};
  ::ppoll(waiting, descriptor < 0 ? 1 : 2, &timeout, nullptr);  // an interrupted wait is a short one
  return clear();
}

}  // namespace leptir
