// Rows P02 and P05 of docs/design.md: faults of the dispatcher.
#include <csignal>

#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

class Dispatcher : public FaultFixture {
 protected:
  std::uint64_t newestLease() const {
    std::uint64_t newest = 0;
    for (const auto& line : ledger()) newest = std::max(newest, line.lease);
    return newest;
  }
  // Milliseconds until a task runs that was leased after this call. The number of a lease is the store's time in
  // microseconds.
  double msUntilItLeases() {
    const auto before = static_cast<std::uint64_t>(systemClock().now().time_since_epoch().count());
    const auto began = bootNsNow();
    EXPECT_TRUE(eventually([&] { return newestLease() > before; }));
    return msSince(began);
  }
};

LEPTIR_CHAOS_ROWS(Dispatcher);

TEST_P(Dispatcher, P02_IsKilledAtAnyTimeAndNothingIsRepeated) {
  pushAndLog("work", 1200, {{"ms", 10}});
  const auto instance = startUntilReady();
  for (int kill = 0; kill < 3; ++kill) {
    pauseFor(milliseconds(random(50, 400)));
    const auto dispatcher = dispatcherOf(instance->pid());
    ASSERT_NE(dispatcher, 0);
    ASSERT_EQ(::kill(dispatcher, SIGKILL), 0);
    noteRecovery(msUntilItLeases());
    EXPECT_LE(recoveries.back(), 2000);
  }
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 0u);
}

TEST_P(Dispatcher, P05_StandsStillWhileASecondInstanceRunsAndNothingOverlaps) {
  pushAndLog("work", 300, {{"ms", 20}});
  const auto instance = startUntilReady();
  const auto stopped = dispatcherOf(instance->pid());
  ASSERT_NO_FATAL_FAILURE(standStill({stopped}));
  pushAndLog("work", 100, {{"ms", 20}});
  const auto first = config;
  config = folder / "second.yaml";
  fs::copy_file(first, config);
  const auto second = startUntilReady();
  pauseFor(longStandstill());
  ASSERT_EQ(::kill(stopped, SIGCONT), 0);
  const auto goesOn = bootNsNow();
  ASSERT_TRUE(eventually([&] { return isDrained(); })) << "tasks of the first instance run, too";
  noteRecovery(msSince(goesOn));
  EXPECT_LE(recoveries.back(), 2000);
  EXPECT_EQ(dispatcherOf(instance->pid()), stopped);
  stop(*second);
  config = first;
  stop(*instance);
  EXPECT_LE(checkEvidence().duplicates, sessionsExpire() ? 2 * kWorkers : 0)
      << "running tasks, and those assigned behind";
}

TEST_P(Dispatcher, P05_ThatStaysStoppedIsReplacedAndNothingIsRepeated) {
  pushAndLog("work", 400, {{"ms", 20}});
  const auto instance = startUntilReady();
  const auto stopped = dispatcherOf(instance->pid());
  const auto began = bootNsNow();
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  nextDispatcher(instance->pid(), stopped);
  EXPECT_LE(msSince(began), 17'000) << "its beat may be 15 s old";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 0u);
}

}  // namespace
}  // namespace leptir::chaos
