#include "task/cpu_meter.h"

#include <sys/resource.h>

#include <ctime>

namespace leptir {
namespace {

constexpr Duration kFresh = std::chrono::microseconds(200);

Duration ownCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::floor<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

Duration durationOf(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_usec);
}

Duration childrenCpuTime() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return durationOf(usage.ru_utime) + durationOf(usage.ru_stime);
}

}  // namespace

CpuMeter::CpuMeter(BootTime now) : began_(now) {
  read(now);
}

Duration CpuMeter::begin(BootTime now) {
  began_ = now;
  if (now - readAt_ >= kFresh) read(now);
  return own_ + children_;
}

Duration CpuMeter::end(BootTime now) {
  if (now - began_ < kFresh) return now - began_;
  const auto before = own_ + children_;
  read(now);
  return own_ + children_ - before;
}

void CpuMeter::read(BootTime now) {
  readAt_ = now;
  own_ = ownCpuTime();
  children_ = childrenCpuTime();
}

}  // namespace leptir
