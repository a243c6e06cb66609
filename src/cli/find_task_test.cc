#include "cli/find_task.h"

#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

const Error kNone(ErrorCode::NotFound, "no task");
const Error kAway(ErrorCode::Unavailable, "the store is away");
const Error kTorn(ErrorCode::Corrupt, "no record");

TEST(FindTask, DoesNotAskTheBrokersIfThereIsARecord) {
  bool asked = false;
  const auto found = findTask([]() -> Result<Json> { return Json("record"); },
                              [&]() -> Result<Json> {
                                asked = true;
                                return kNone;
                              });
  EXPECT_EQ(*found, "record");
  EXPECT_FALSE(asked);
}

TEST(FindTask, FindsATaskWithoutARecordInItsQueue) {
  const auto found = findTask([]() -> Result<Json> { return kNone; }, []() -> Result<Json> { return Json("waits"); });
  EXPECT_EQ(*found, "waits");
}

TEST(FindTask, FindsTheRecordOfATaskThatEndsBetweenTheTwoLookups) {
  bool hasEnded = false;
  const auto found = findTask([&]() -> Result<Json> { return hasEnded ? Result<Json>(Json("record")) : kNone; },
                              [&]() -> Result<Json> {
                                hasEnded = true;
                                return kNone;
                              });
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, "record");
}

TEST(FindTask, ReturnsNotFoundIfThereIsNeitherARecordNorAWaitingTask) {
  const auto found = findTask([]() -> Result<Json> { return kNone; }, []() -> Result<Json> { return kNone; });
  EXPECT_EQ(found.error().code(), ErrorCode::NotFound);
}

TEST(FindTask, SaysWhatTheQueuesSayIfThereIsNeither) {
  const auto found = findTask([]() -> Result<Json> { return kNone; },
                              []() -> Result<Json> { return Error(ErrorCode::NotFound, "it may wait"); });
  EXPECT_EQ(found.error().message(), "it may wait");
}

TEST(FindTask, ReturnsTheErrorOfAnUnavailableStore) {
  const auto found = findTask([]() -> Result<Json> { return kNone; }, []() -> Result<Json> { return kAway; });
  EXPECT_EQ(found.error().code(), ErrorCode::Unavailable);
}

TEST(FindTask, ReturnsTheErrorOfAnUnreadableRecordUnlessTheTaskWaits) {
  const auto torn = []() -> Result<Json> { return kTorn; };
  EXPECT_EQ(findTask(torn, []() -> Result<Json> { return kNone; }).error().code(), ErrorCode::Corrupt);
  EXPECT_EQ(findTask(torn, []() -> Result<Json> { return kAway; }).error().code(), ErrorCode::Corrupt);
  EXPECT_EQ(*findTask(torn, []() -> Result<Json> { return Json("waits"); }), "waits");
}

}  // namespace
}  // namespace leptir::cli
