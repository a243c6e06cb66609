#include "broker/task_to_push.h"

#include <gtest/gtest.h>

namespace leptir::broker {
namespace {

using namespace std::chrono_literals;

std::string whyRefused(const PushOptions& options) {
  const ManualClock clock;
  const auto checked = checkOptions(options, clock);
  return checked ? "" : checked.error().message();
}

TEST(CheckOptions, RefusesOptionsWithWhichNoTaskCanBePushed) {
  EXPECT_EQ(whyRefused({}), "");
  EXPECT_EQ(whyRefused({.timeLimitSeconds = -1}),
            "the time limit of -1 s is negative: give 0 (the instance's task_execution_time) or more");
  EXPECT_EQ(whyRefused({.timeOfExecution = Time::max()}),
            "the time of execution is more than 100000000000 s away from 1970");
  EXPECT_EQ(whyRefused({.timeOfExecution = Time(), .delay = 1s}),
            "has a time of execution and a delay; give one of them");
  EXPECT_EQ(whyRefused({.delay = 20s, .expiresAfter = 10s}),
            "it would never run: it expires at 2023-11-14T22:13:30Z, and its time of execution is "
            "2023-11-14T22:13:40Z; give an `expires` that is later than the time of execution");
  EXPECT_EQ(whyRefused({.traceparent = "00-x"}),
            "'00-x' is no traceparent: give one as W3C Trace Context writes it, such as "
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST(EncodeTask, CarriesTheTraceparentInVersion00) {
  const ManualClock clock;
  TaskToPush task{.name = "noop"};
  task.options.traceparent = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later";
  EXPECT_NE(
      encodeTask(task, clock)->envelope.find(R"("trace":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")"),
      std::string::npos);
  task.options.traceparent.clear();
  EXPECT_EQ(encodeTask(task, clock)->envelope.find("trace"), std::string::npos);
}

}  // namespace
}  // namespace leptir::broker
