#include "task/cpu_time.h"

#include <sys/resource.h>

#include <ctime>

namespace leptir {
namespace {

Duration durationOf(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_usec);
}

}  // namespace

Duration ownCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::floor<Duration>(std::chrono::nanoseconds(time.tv_nsec));
}

Duration childrenCpuTime() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return durationOf(usage.ru_utime) + durationOf(usage.ru_stime);
}

}  // namespace leptir
