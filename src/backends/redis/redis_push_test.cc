// Pushes to Redis: what tests/conformance does not cover, since it is specific to Redis.
#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisPushTest : public RedisQueueTest {};

TEST_F(RedisPushTest, ALargeListWithOneDueTimeCanBePushedAgain) {
  const auto midnight = systemClock().now() + 12h;
  const auto list = tasks("t", 20'000, midnight);
  must(broker->pushBrokerTasks(list));
  must(broker->pushBrokerTasks(list));
  // The same ids with envelopes of other bytes.
  auto anew = tasks("t", 2'000, midnight);
  for (auto& each : anew) each.pushedAt = systemClock().now();
  must(broker->pushBrokerTasks(anew));
  EXPECT_EQ(waiting(), 20'000);
}

TEST_F(RedisPushTest, APushOfTooManyTasksIsTooLarge) {
  const auto answer = broker->pushBrokerTasks(tasks("t", 300'001));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::TooLarge);
  EXPECT_THAT(answer.error().message(), testing::HasSubstr("300001"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisPushTest, AFullServerAddsNoTaskAndNoIdOfAPush) {
  push("t", 1);
  server.ask({"CONFIG", "SET", "maxmemory", "1"});
  const auto refused = broker->pushBrokerTasks(tasks("more", 3));
  server.ask({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("maxmemory"));
  EXPECT_EQ(waiting(), 1);
  EXPECT_EQ(knownIds(), 1);
}

TEST_F(RedisPushTest, AnIdWithAnyCharactersIsRecognizedWhenPushedAgain) {
  const std::vector<std::string> ids{"a\"b", "a\\", "\\\"", "a/b", "\xc3\xa9t\xc3\xa9", "a b", "\",\"parameters\":"};
  for (int round = 0; round < 2; ++round) {
    for (const auto& id : ids) {
      auto each = task(id);
      each.pushedAt = systemClock().now();
      must(broker->pushBrokerTasks({&each, 1}));
    }
  }
  EXPECT_EQ(waiting(), static_cast<int>(ids.size()));
  const auto session = openSession(*broker);
  ASSERT_EQ(pop(*session).size(), ids.size());
  for (const auto& id : ids) {
    auto each = task(id);
    must(broker->pushBrokerTasks({&each, 1}));
  }
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisPushTest, APushOfTooManyBytesIsTooLarge) {
  auto many = tasks("t", 40);
  for (auto& each : many) each.parameters = R"({"text":")" + std::string(std::size_t{15} << 20, 'x') + "\"}";
  const auto pushed = broker->pushBrokerTasks(many);
  EXPECT_EQ(pushed.error().code(), ErrorCode::TooLarge);
  EXPECT_NE(pushed.error().message().find("smaller lists"), std::string::npos) << pushed.error().message();
}

TEST_F(RedisPushTest, AMissingRightOfThePushScriptIsReportedAsMissingRight) {
  const auto poor = open(addressOf("poor", {"~*", "+@all", "-time"}));
  const auto pushed = poor->pushBrokerTasks(tasks("t", 1));
  EXPECT_EQ(pushed.error().code(), ErrorCode::Unavailable) << "no task is wrong";
  EXPECT_NE(pushed.error().message().find("ACL SETUSER"), std::string::npos) << pushed.error().message();
}

}  // namespace
}  // namespace leptir::redis
