#include "master/exit_report.h"

#include <gtest/gtest.h>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

TEST(ExitReport, CountsTheCpuTimeOfTheRunNotOfTheWholeWorker) {
  ExitReport death;
  death.cpuTime = 5s;
  EXPECT_EQ(verdictOf(death, {}, 4s).cpuTime, 1s);
  EXPECT_EQ(verdictOf(death, {}, Duration::max()).cpuTime, 0s) << "not known";
  EXPECT_EQ(verdictOf(death, {}, -1s).cpuTime, 5s) << "a value that the worker made up";
}

}  // namespace
}  // namespace leptir::master
