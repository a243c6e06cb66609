#include "master/shutdown_schedule.h"

#include <gtest/gtest.h>

#include <csignal>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

const BootTime kSignalTime{1000s};

TEST(ShutdownSchedule, DrainsAtTermAndAtInt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ShutdownSchedule plan(std::nullopt);
    EXPECT_EQ(plan.at(kSignalTime), link::ShutdownStage::No);
    plan.take(signal, kSignalTime);
    EXPECT_EQ(plan.at(kSignalTime), link::ShutdownStage::Drain);
    EXPECT_EQ(plan.at(kSignalTime + 24h), link::ShutdownStage::Drain)
        << "without a grace tasks take as long as they like";
    EXPECT_EQ(plan.next(), BootTime::max());
  }
}

TEST(ShutdownSchedule, EndsRunningTasksWhenTheGraceIsOver) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kSignalTime);
  EXPECT_EQ(plan.next(), kSignalTime + 30s);
  EXPECT_EQ(plan.at(kSignalTime + 30s - 1us), link::ShutdownStage::Drain);
  EXPECT_EQ(plan.at(kSignalTime + 30s), link::ShutdownStage::Now);
}

TEST(ShutdownSchedule, IsNotChangedByASecondTerm) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kSignalTime);
  plan.take(SIGTERM, kSignalTime + 20s);
  EXPECT_EQ(plan.at(kSignalTime + 29s), link::ShutdownStage::Drain);
  EXPECT_EQ(plan.at(kSignalTime + 30s), link::ShutdownStage::Now);
  plan.take(SIGTERM, kSignalTime + 31s);
  EXPECT_EQ(plan.at(kSignalTime + 31s), link::ShutdownStage::Now);
}

TEST(ShutdownSchedule, EndsRunningTasksAtOnceAtQuitAlsoWhileItDrains) {
  ShutdownSchedule plan(30s);
  plan.take(SIGTERM, kSignalTime);
  plan.take(SIGQUIT, kSignalTime + 1s);
  EXPECT_EQ(plan.at(kSignalTime + 1s), link::ShutdownStage::Now);
  plan.enterLeaveStage();
  plan.take(SIGQUIT, kSignalTime + 2s);
  EXPECT_EQ(plan.at(kSignalTime + 2s), link::ShutdownStage::Leave);
}

TEST(ShutdownSchedule, TakesNoOtherSignalAsAStop) {
  ShutdownSchedule plan(0s);
  for (const int signal : {SIGHUP, SIGUSR1, SIGCHLD}) plan.take(signal, kSignalTime);
  EXPECT_EQ(plan.at(kSignalTime), link::ShutdownStage::No);
}

}  // namespace
}  // namespace leptir::master
