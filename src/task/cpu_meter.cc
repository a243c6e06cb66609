#include "task/cpu_meter.h"

#include <sys/resource.h>

#include <ctime>

namespace leptir::task {
namespace {

constexpr Duration kMaxReadingAge = std::chrono::microseconds(200);

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
  if (now - readAt_ >= kMaxReadingAge) read(now);
  return processTime_ + childrenTime_;
}

Duration CpuMeter::end(BootTime now) {
  if (now - began_ < kMaxReadingAge) return now - began_;
  const auto before = processTime_ + childrenTime_;
  read(now);
  return processTime_ + childrenTime_ - before;
}

void CpuMeter::read(BootTime now) {
  readAt_ = now;
  processTime_ = ownCpuTime();
  childrenTime_ = childrenCpuTime();
}

}  // namespace leptir::task
