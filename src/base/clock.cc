#include "leptir/clock.h"

#include <ctime>

#include "base/saturated.h"

namespace leptir {
namespace {

Duration read(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

class SystemClock final : public Clock {
 public:
  Time now() const override { return Time(read(CLOCK_REALTIME)); }
  BootTime bootTime() const override { return BootTime(read(CLOCK_BOOTTIME)); }
};

}  // namespace

const Clock& systemClock() {
  static const SystemClock clock;
  return clock;
}

Time timeFromUnixSeconds(double seconds) {
  return Time(base::durationFromSeconds(seconds));
}

}  // namespace leptir
