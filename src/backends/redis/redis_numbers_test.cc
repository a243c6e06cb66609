// Scores and lease numbers that other programs may write into the keys of a queue.
#include <gmock/gmock.h>

#include <cstdlib>

#include "backends/redis/redis_queue_fixture.h"
#include "tests/support/comma_locale.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

TEST(RedisTime, ReadsAScoreOfAnySizeAsTheNearestTime) {
  EXPECT_EQ(timeFromRedis("1700000000.25"), Time(1'700'000'000'250ms));
  EXPECT_EQ(timeFromRedis("-1.5"), Time(-1500ms));
  EXPECT_EQ(timeFromRedis("1.7e9"), Time(1'700'000'000s));
  for (const auto* late : {"inf", "1e300", "1.7976931348623157e+308", "1e400", "100000000001"})
    EXPECT_EQ(timeFromRedis(late), Time(kMaxTimeSpan)) << late;
  for (const auto* early : {"-inf", "-1e300", "-1e400"}) EXPECT_EQ(timeFromRedis(early), Time(-kMaxTimeSpan)) << early;
  for (const auto* none : {"", "soon", "1e-400", "-1e-400"}) EXPECT_EQ(timeFromRedis(none), Time()) << none;
}

TEST(RedisTime, WritesTimesOutOfRangeAsTheNearestScore) {
  EXPECT_EQ(redisTime(Time(1'700'000'000'250ms)), "1700000000.250000");
  EXPECT_EQ(redisTime(Time::max()), "100000000000.000000");
  EXPECT_EQ(redisTime(Time::min()), "-100000000000.000000");
}

TEST(RedisTime, IgnoresTheLocale) {
  const CommaLocale comma;
  ASSERT_EQ(std::strtod("2,5", nullptr), 2.5);
  EXPECT_EQ(timeFromRedis("1700000000.25"), Time(1'700'000'000'250ms));
}

class RedisNumbersTest : public RedisQueueTest {};

TEST_F(RedisNumbersTest, TasksWithHugeScoresStayScheduledAndDelayNoOthers) {
  const auto session = openSession(*broker);
  for (const auto* score : {"inf", "1e300", "1e18"}) strangersPush("{\"score\":\"" + std::string(score) + "\"}", score);
  EXPECT_THAT(pop(*session), SizeIs(0));
  Wake wakeSoon;
  EXPECT_TRUE(session->popBrokerTasks(1, 20ms, wakeSoon));
  strangersPush("{}", "-inf");
  EXPECT_THAT(pop(*session), SizeIs(1));
}

// In a double, a number beyond 2^53 plus one may be the same number: all leases would get one number, and each would
// replace the one before.
TEST_F(RedisNumbersTest, AnImpossibleLastLeaseNumberLosesNoTask) {
  const auto session = openSession(*broker);
  for (const auto* last : {"18014398509481984", "1e300", "-5", "many", "inf"}) {
    server.ask({"SET", "{leptir:ztasks}:lease", last});
    push("task of " + std::string(last) + " ", 3);
    const auto leased = pop(*session);
    ASSERT_THAT(leased, SizeIs(3)) << last;
    EXPECT_LT(leased[0].lease.number, leased[1].lease.number) << last;
    EXPECT_THAT(must(session->heldTasks()), SizeIs(3)) << last;
    std::vector<LeaseId> leases;
    for (const auto& task : leased) leases.push_back(task.lease);
    must(session->acknowledge(leases));
  }
}

}  // namespace
}  // namespace leptir::redis
