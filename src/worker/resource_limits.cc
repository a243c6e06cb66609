#include "worker/resource_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

namespace leptir::worker {
namespace {

// The fields of /proc/self/statm, in bytes.
struct MemoryUse {
  std::uint64_t addressSpace = 0, resident = 0, shared = 0, text = 0, libraries = 0, data = 0;
};

MemoryUse memoryUseNow() {
  MemoryUse memory;
  std::ifstream file("/proc/self/statm");
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (auto* field :
       {&memory.addressSpace, &memory.resident, &memory.shared, &memory.text, &memory.libraries, &memory.data}) {
    file >> *field;
    *field *= page;
  }
  return memory;
}

// Sets a limit, but never above the hard limit that this process already has.
Result<void> set(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard, const char* name) {
  rlimit now{};
  ::getrlimit(resource, &now);
  const rlimit wanted{std::min<rlim_t>(soft, now.rlim_max), std::min<rlim_t>(hard, now.rlim_max)};
  if (::setrlimit(resource, &wanted) == 0) return {};
  return Error(ErrorCode::Unavailable, std::string("cannot limit ") + name + ": " + std::strerror(errno));
}

Result<void> limitMemory(std::uint64_t bytes) {
  const auto now = memoryUseNow();
  if (auto done = set(RLIMIT_DATA, now.data + bytes, now.data + bytes, "memory"); !done) return done;
  return set(RLIMIT_AS, now.addressSpace + bytes, now.addressSpace + bytes, "memory");
}

// With autogroup the kernel compares niceness only inside of a session, and each worker is a session of its own: so the
// session gets the same niceness. Without autogroup the file is missing.
void setNiceOfSession(int nice) {
  std::ofstream("/proc/self/autogroup") << nice;
}

Result<void> setNice(int nice) {
  setNiceOfSession(nice);
  if (::setpriority(PRIO_PROCESS, 0, nice) == 0) return {};
  return Error(ErrorCode::Unavailable, std::string("cannot set nice: ") + std::strerror(errno));
}

// Seconds of CPU that this process has used: the kernel counts from its start.
std::uint64_t cpuSecondsUsed() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
}

}  // namespace

Result<void> limitThisProcess(const ResourceLimits& limits) {
  Result<void> done;
  if (limits.memory) done = limitMemory(*limits.memory);
  if (done && limits.cpuSeconds) {
    const auto seconds = cpuSecondsUsed() + static_cast<std::uint64_t>(*limits.cpuSeconds);
    done = set(RLIMIT_CPU, seconds, seconds + 1, "CPU time");
  }
  if (done && limits.openFiles) {
    const auto files = static_cast<std::uint64_t>(*limits.openFiles);
    done = set(RLIMIT_NOFILE, files, files, "open files");
  }
  // The hard limit stays: leptir's own log may grow beyond the soft limit (base/nonblocking_output.cc).
  if (done && limits.fileSize) done = set(RLIMIT_FSIZE, *limits.fileSize, RLIM_INFINITY, "the size of files");
  if (done && limits.nice) done = setNice(*limits.nice);
  return done;
}

std::uint64_t residentBytes() {
  return memoryUseNow().resident;
}

}  // namespace leptir::worker
