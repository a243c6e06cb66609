#include "master/stop_plan.h"

#include <gtest/gtest.h>

#include <csignal>

namespace leptir {
namespace {

using namespace std::chrono_literals;

const BootTime kStart{1000s};

TEST(StopPlan, DrainsAtTermAndAtInt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    StopPlan plan(std::nullopt);
    EXPECT_EQ(plan.at(kStart), Stopping::No);
    plan.take(signal, kStart);
    EXPECT_EQ(plan.at(kStart), Stopping::Drain);
    EXPECT_EQ(plan.at(kStart + 24h), Stopping::Drain) << "without a grace tasks take as long as they like";
    EXPECT_EQ(plan.next(), BootTime::max());
  }
}

TEST(StopPlan, EndsTasksWhenTheGraceIsOver) {
  StopPlan plan(30s);
  plan.take(SIGTERM, kStart);
  EXPECT_EQ(plan.next(), kStart + 30s);
  EXPECT_EQ(plan.at(kStart + 30s - 1us), Stopping::Drain);
  EXPECT_EQ(plan.at(kStart + 30s), Stopping::Now);
}

TEST(StopPlan, IsNotChangedByASecondTerm) {
  StopPlan plan(30s);
  plan.take(SIGTERM, kStart);
  plan.take(SIGTERM, kStart + 20s);
  EXPECT_EQ(plan.at(kStart + 29s), Stopping::Drain);
  EXPECT_EQ(plan.at(kStart + 30s), Stopping::Now);
  plan.take(SIGTERM, kStart + 31s);
  EXPECT_EQ(plan.at(kStart + 31s), Stopping::Now);
}

TEST(StopPlan, EndsAtOnceAtQuitAlsoWhileItDrains) {
  StopPlan plan(30s);
  plan.take(SIGTERM, kStart);
  plan.take(SIGQUIT, kStart + 1s);
  EXPECT_EQ(plan.at(kStart + 1s), Stopping::Now);
  plan.leave();
  plan.take(SIGQUIT, kStart + 2s);
  EXPECT_EQ(plan.at(kStart + 2s), Stopping::Leave);
}

TEST(StopPlan, TakesNoOtherSignalAsAStop) {
  StopPlan plan(0s);
  for (const int signal : {SIGHUP, SIGUSR1, SIGCHLD}) plan.take(signal, kStart);
  EXPECT_EQ(plan.at(kStart), Stopping::No);
}

}  // namespace
}  // namespace leptir
