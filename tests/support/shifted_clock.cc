// A library for LD_PRELOAD: replaces the wall clock of a program by the one in the page of shifted_time.h. Clocks that
// only measure durations (monotonic, boot) are unchanged.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/shifted_time.h"

namespace {

using leptir::ShiftedTime;

constexpr std::int64_t kMicroseconds = 1'000'000;

const ShiftedTime* openPage() {
  const char* const file = std::getenv(leptir::kShiftedTimeVariable);
  const int descriptor = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) std::abort();
  void* const page = ::mmap(nullptr, sizeof(ShiftedTime), PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (page == MAP_FAILED) std::abort();
  return static_cast<const ShiftedTime*>(page);
}

using ClockGetTime = int (*)(clockid_t, timespec*);

ClockGetTime systemClockGetTime() {
  static const auto kFunction = reinterpret_cast<ClockGetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return kFunction;
}

std::int64_t shiftedMicroseconds() {
  static const ShiftedTime* const kPage = openPage();
  if (const auto stands = kPage->standsAt.load(); stands != 0) return stands;
  timespec now{};
  systemClockGetTime()(CLOCK_REALTIME, &now);
  return now.tv_sec * kMicroseconds + now.tv_nsec / 1000 + kPage->offset.load();
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return systemClockGetTime()(clock, time);
  const auto now = shiftedMicroseconds();
  *time = {now / kMicroseconds, now % kMicroseconds * 1000};
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const auto now = shiftedMicroseconds();
  *time = {now / kMicroseconds, now % kMicroseconds};
  return 0;
}

time_t time(time_t* time) noexcept {
  const auto now = shiftedMicroseconds() / kMicroseconds;
  if (time != nullptr) *time = now;
  return now;
}

}  // extern "C"
