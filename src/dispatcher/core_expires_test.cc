// Tasks that expire before they begin, in the dispatcher's core driven by hand.
#include <gtest/gtest.h>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CoreExpiresTest : public ::testing::Test {
 protected:
  CoreExpiresTest() {
    options.brokers = {{.name = "broker"}};
    options.slotCount = 1;
    options.taskNames = {"noop"};
    options.requiredStorageCount = 0;
    core = std::make_unique<Core>(options, [] { return 0.0; });
    step(event::BrokerOpened{0, 1});
    step(event::WorkerReadiness{0, true});
  }

  Actions& step(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    last = core->step(std::move(events), now);
    return last;
  }

  // Leases a task that expires `after` from now.
  Actions& lease(const std::string& id, Duration after, Counters counters = {}, const std::string& by = {},
                 const std::string& name = "noop") {
    const auto envelope = task::encodeEnvelope({.id = id, .name = name, .expires = now.wall + after});
    return step(event::Leased{0, 1, {{envelope, counters, {100, "lease of " + id}, by}}, true});
  }

  // The record of the task that the last step acknowledged without a run.
  MetaInfo settledRecord() {
    if (last.batchesToSettle.size() != 1 || last.batchesToSettle[0]->acknowledge.size() != 1) return {};
    EXPECT_TRUE(last.assignments.empty());
    return last.batchesToSettle[0]->records.at(0);
  }

  void passTime(Duration by) {
    now.boot += by;
    now.wall += by;
  }

  CoreOptions options;
  ClockReading now{BootTime(1000s), Time(1'000'000s)};
  std::unique_ptr<Core> core;
  Actions last;
};

TEST_F(CoreExpiresTest, ATaskThatHasExpiredIsRecordedAndAcknowledgedWithoutARun) {
  lease("late", 0s);
  const auto record = settledRecord();
  EXPECT_EQ(record.id, "late");
  EXPECT_EQ(record.cause, "expired");
  EXPECT_EQ(record.returnCode, ExitStatus::Unknown);
  EXPECT_EQ(record.response, "Not begun before 1970-01-12T13:46:40Z: it expired.");
  EXPECT_NE(record.envelope.find(R"("expires":1000000.000000)"), std::string::npos) << record.envelope;
  EXPECT_EQ(last.batchesToSettle[0]->failed, 1u) << "it counts in the status";
  EXPECT_EQ(last.logLines.at(0).id, "late");
  EXPECT_EQ(last.logLines[0].text, "Task was not run. " + record.response);
}

TEST_F(CoreExpiresTest, ATaskThatExpiresLaterIsRun) {
  EXPECT_EQ(lease("in time", 1us).assignments.size(), 1u);
}

TEST_F(CoreExpiresTest, ATaskThatExpiresWhileItWaitsInTheStockIsNotRun) {
  lease("long", 1h);
  const auto cell = last.assignments.at(0).cell;
  step(event::CellRunning{cell, now.boot - 1s});
  EXPECT_TRUE(lease("waits", 100ms).assignments.empty());
  passTime(200ms);
  step(event::CellDone{cell, Outcome{.status = ExitStatus::Success, .executionTime = 1s}, "{}"});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->acknowledge.size(), 2u);
  EXPECT_EQ(last.batchesToSettle[0]->records.at(1).cause, "expired");
  EXPECT_TRUE(last.assignments.empty());
}

TEST_F(CoreExpiresTest, ARetryAfterTheExpiryIsNotRun) {
  lease("again", 0s, {.failures = 1});
  EXPECT_EQ(settledRecord().attempt, 2);
}

TEST_F(CoreExpiresTest, AnExpiredTaskOfAnUnknownNameIsNotLeftToOthers) {
  lease("stranger", 0s, {}, {}, "unknown here");
  EXPECT_EQ(settledRecord().cause, "expired");
}

TEST_F(CoreExpiresTest, ACancelledTaskIsCancelledAlsoAfterItsExpiry) {
  lease("cancelled", 0s, {}, "me@here");
  EXPECT_EQ(settledRecord().cause, "cancelled");
}

TEST_F(CoreExpiresTest, ATaskThatItsWorkerFoundExpiredIsAcknowledged) {
  lease("behind", 1s);
  Outcome outcome{.cause = Cause::Expired, .response = "Not begun before …: it expired."};
  step(event::CellDone{last.assignments.at(0).cell, outcome, "{}"});
  EXPECT_EQ(settledRecord().cause, "expired");
}

}  // namespace
}  // namespace leptir::dispatcher
