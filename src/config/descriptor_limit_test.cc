#include "config/descriptor_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace leptir::config {
namespace {

Config configOf(int workers) {
  Config config;
  config.brokers.resize(1);
  config.daemon.numberOfWorkers = workers;
  return config;
}

rlimit limitNow() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

// Whether `condition` holds in a process with these limits.
bool holdsWith(rlim_t soft, rlim_t hard, const std::function<bool()>& condition) {
  const auto pid = ::fork();
  if (pid == 0) {
    const rlimit limit{soft, hard};
    ::_exit(::setrlimit(RLIMIT_NOFILE, &limit) == 0 && condition() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(DescriptorLimit, IsRaisedToWhatIsNeededAndRestoredForWorkers) {
  EXPECT_TRUE(holdsWith(64, 1000, [] {
    const DescriptorLimit limit;
    if (!limit.raiseFor(configOf(200)) || limitNow().rlim_cur != descriptorsNeededBy(configOf(200))) return false;
    limit.restore();
    return limitNow().rlim_cur == 64;
  }));
}

TEST(DescriptorLimit, StaysAsItIsIfItSuffices) {
  EXPECT_TRUE(holdsWith(
      900, 1000, [] { return DescriptorLimit().raiseFor(configOf(2)).has_value() && limitNow().rlim_cur == 900; }));
}

TEST(DescriptorLimit, SaysWhichNumberToChangeWhenTheHardLimitIsTooLow) {
  EXPECT_EQ(descriptorsNeededBy(configOf(1024)), 4140u);
  EXPECT_TRUE(holdsWith(64, 1000, [] {
    const auto raised = DescriptorLimit().raiseFor(configOf(1024));
    return !raised &&
           raised.error().message() ==
               "this configuration needs 4140 descriptors (4 for each of its 1024 workers), and this process "
               "may have 1000: raise the limit (ulimit -n 4140, or LimitNOFILE=4140 of systemd), or lower "
               "number_of_workers";
  }));
}

}  // namespace
}  // namespace leptir::config
