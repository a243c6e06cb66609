#include "master/shutdown_schedule.h"

#include <gtest/gtest.h>

#include <csignal>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

const BootTime kStart{1000s};

TEST(ShutdownSchedule, DrainsAtTermAndAtInt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ShutdownSchedule plan(std::nullopt);
    EXPECT_EQ(plan.at(kStart), link::ShutdownStage::No);
    plan.take(signal, kStart);
    EXPECT_EQ(plan.at(kStart), link::ShutdownStage::Drain);
    EXPECT_EQ(plan.at(kStart + 24h), link::ShutdownStage::Drain) << "without a grace tasks take as long as they like";
    EXPECT_EQ(plan.next(), BootTime::max());
  }
}

TEST(ShutdownSchedule, EndsRunningTasksWhenTheGraceIsOver) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kStart);
  EXPECT_EQ(plan.next(), kStart + 30s);
  EXPECT_EQ(plan.at(kStart + 30s - 1us), link::ShutdownStage::Drain);
  EXPECT_EQ(plan.at(kStart + 30s), link::ShutdownStage::Now);
}

TEST(ShutdownSchedule, IsNotChangedByASecondTerm) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kStart);
  plan.take(SIGTERM, kStart + 20s);
  EXPECT_EQ(plan.at(kStart + 29s), link::ShutdownStage::Drain);
  EXPECT_EQ(plan.at(kStart + 30s), link::ShutdownStage::Now);
  plan.take(SIGTERM, kStart + 31s);
  EXPECT_EQ(plan.at(kStart + 31s), link::ShutdownStage::Now);
}

TEST(ShutdownSchedule, EndsRunningTasksAtOnceAtQuitAlsoWhileItDrains) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kStart);
  plan.take(SIGQUIT, kStart + 1s);
  EXPECT_EQ(plan.at(kStart + 1s), link::ShutdownStage::Now);
  plan.leave();
  plan.take(SIGQUIT, kStart + 2s);
  EXPECT_EQ(plan.at(kStart + 2s), link::ShutdownStage::Leave);
}

TEST(ShutdownSchedule, TakesNoOtherSignalAsAStop) {
  ShutdownSchedule plan(0s);
  for (const int signal : {SIGHUP, SIGUSR1, SIGCHLD}) plan.take(signal, kStart);
  EXPECT_EQ(plan.at(kStart), link::ShutdownStage::No);
}

}  // namespace
}  // namespace leptir::master
