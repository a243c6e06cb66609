#include "metrics/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "base/unique_fd.h"

namespace leptir::metrics {
namespace {

double cpuSeconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

TEST(ProcessUsage, IsWhatTheKernelSays) {
  while (cpuSeconds() < 0.05) continue;
  const auto usage = usageOf(::getpid());
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->cpuSeconds, 0.01);
  EXPECT_LE(usage->cpuSeconds, cpuSeconds() + 0.02);
  EXPECT_GT(usage->residentBytes, 100'000u);
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(usage->startedAt, now + 1);
  EXPECT_GT(usage->startedAt, now - 3600);
}

TEST(ProcessUsage, CountsOpenDescriptors) {
  const auto before = usageOf(::getpid())->openDescriptors.value();
  std::vector<base::UniqueFd> files;
  for (int i = 0; i < 5; ++i) files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(usageOf(::getpid())->openDescriptors.value(), before + 5);
}

TEST(ProcessUsage, OfNoProcessIsNone) {
  EXPECT_FALSE(usageOf(0x7ffffff0));
}

}  // namespace
}  // namespace leptir::metrics
