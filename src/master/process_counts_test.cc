// How often the master has started processes, how often they died, and how often it killed them, as metrics say it.
#include <gtest/gtest.h>

#include <csignal>

#include "link/board_metrics.h"
#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;
using metrics::ProcessKind;

metrics::ProcessCounts countsOf(const ToyInstance& instance, ProcessKind kind) {
  return link::metricsOf(*instance.board, systemClock()).processCounts[static_cast<std::size_t>(kind)];
}

TEST(ProcessCounts, AWorkerThatCrashesIsCountedAndSoIsItsSuccessor) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  instance.verdict(0, instance.assign(0, "crash"));
  EXPECT_TRUE(waitUntil([&] { return countsOf(instance, ProcessKind::Worker).starts == 3; }));
  EXPECT_EQ(countsOf(instance, ProcessKind::Worker).crashes, 1u);
  EXPECT_EQ(countsOf(instance, ProcessKind::Worker).kills, 0u);
}

TEST(ProcessCounts, AWorkerThatIsStoppedWithItsTaskIsKilledAndHasNotCrashed) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  instance.verdict(0, instance.assign(0, "hang", 100ms));
  EXPECT_EQ(countsOf(instance, ProcessKind::Worker).kills, 1u);
  EXPECT_EQ(countsOf(instance, ProcessKind::Worker).crashes, 0u);
}

TEST(ProcessCounts, ADispatcherThatDiesIsCountedAndShownUntilItIsReplaced) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  ASSERT_TRUE(waitUntil([&] { return instance.dispatcherPid() != 0; }));
  const auto first = instance.dispatcherPid();
  EXPECT_TRUE(waitUntil([&] { return instance.board->metrics().dispatcherPid == first; }));
  ::kill(first, SIGKILL);
  EXPECT_TRUE(waitUntil([&] { return countsOf(instance, ProcessKind::Dispatcher).starts == 2; }));
  EXPECT_EQ(countsOf(instance, ProcessKind::Dispatcher).crashes, 1u);
  EXPECT_NE(instance.board->metrics().dispatcherPid, first);
}

TEST(ProcessCounts, ProcessesThatEndWithTheInstanceHaveNotCrashed) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0) && instance.isReady(1); }));
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_EQ(countsOf(instance, ProcessKind::Worker).crashes, 0u);
  EXPECT_EQ(countsOf(instance, ProcessKind::Dispatcher).crashes, 0u);
}

}  // namespace
}  // namespace leptir::master
