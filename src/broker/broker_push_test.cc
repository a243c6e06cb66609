// What Broker makes of a push: parameters, times and limits as they reach the store, and those that it refuses.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>

#include "broker/broker_fixture.h"

namespace leptir::broker {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class NapTask final : public BaseTask {
 public:
  explicit NapTask(Json data) {
    setName("nap");
    setData(std::move(data));
  }
  ExitStatus doJob() override { return ExitStatus::Success; }
};

TEST(Broker, PushesATaskWithItsParametersAndLimits) {
  Brokers of({0});
  const auto at = Time(1'700'000'100s);
  const auto id = of.broker->pushTask(NapTask(Json{{"seconds", 10.0}}), at + 700ms, 0, 30);
  ASSERT_TRUE(id) << id.error().message();
  const auto& pushed = of.stores[0]->pushed.at(0);
  EXPECT_EQ(pushed.id, *id);
  EXPECT_EQ(pushed.name, "nap");
  EXPECT_EQ(pushed.parameters, R"({"seconds":10.0})");
  EXPECT_EQ(pushed.timeOfExecution, at + 700ms);
  EXPECT_EQ(pushed.head.timeOfExecution, at) << "the envelope has whole seconds, for PHP consumers";
  EXPECT_EQ(pushed.head.timeLimitSeconds, 30);
  EXPECT_EQ(pushed.head.pushedAt, of.clock.now());
}

TEST(Broker, PushesAnyValueThatBecomesAnObject) {
  Brokers of({0});
  ASSERT_TRUE(of.broker->push("nap", std::map<std::string, int>{{"seconds", 3}}, {.maxAttempts = 4}));
  EXPECT_EQ(of.stores[0]->pushed.at(0).parameters, R"({"seconds":3})");
  EXPECT_EQ(of.stores[0]->pushed.at(0).head.maxAttempts, 4u);
}

TEST(Broker, PushesABracedList) {
  Brokers of({0});
  ASSERT_TRUE(of.broker->push("nap", {{"seconds", 3}, {"deep", {{"a", 1}}}}, {.maxAttempts = 4}));
  ASSERT_TRUE(of.broker->push("nap", {}));
  EXPECT_EQ(Json::parse(of.stores[0]->pushed.at(0).parameters), (Json{{"seconds", 3}, {"deep", {{"a", 1}}}}));
  EXPECT_EQ(of.stores[0]->pushed.at(0).head.maxAttempts, 4u);
  EXPECT_EQ(of.stores[0]->pushed.at(1).parameters, "[]");
}

TEST(Broker, PushesParameterTextUnchanged) {
  Brokers of({0});
  const auto pushedOf = [&](const std::string& text) {
    auto made = task("nap");
    made.parametersText = text;
    const auto id = of.broker->pushTask(made);
    return id ? of.stores[0]->pushed.back().parameters : id.error().message();
  };
  EXPECT_EQ(pushedOf(" {\"z\" : 123456789012345678901234, \"a\":1.50, \"č\":\"/\"}\n"),
            "{\"z\" : 123456789012345678901234, \"a\":1.50, \"č\":\"/\"}");
  EXPECT_EQ(pushedOf(" { } "), "[]");
  EXPECT_THAT(pushedOf("7"), HasSubstr("must be a JSON object"));
  EXPECT_EQ(pushedOf("[ ]"), "[]");
  EXPECT_THAT(pushedOf("{]"), HasSubstr("not JSON at byte 1"));
  EXPECT_THAT(pushedOf("{\"a\":1}{"), HasSubstr("not JSON at byte 7"));
  EXPECT_THAT(pushedOf(std::string("{}\0", 3)), HasSubstr("a NUL byte"));
}

TEST(Broker, KeepsTheOrderOfABracedListAndOfOrderedJson) {
  Brokers of({0});
  ASSERT_TRUE(of.broker->push("nap", {{"zeta", 1}, {"alpha", 2.0}}));
  EXPECT_EQ(of.stores[0]->pushed.back().parameters, R"({"zeta":1,"alpha":2.0})");
  ASSERT_TRUE(of.broker->push("nap", nlohmann::ordered_json{{"b", "č"}, {"a", 1}}));
  EXPECT_EQ(of.stores[0]->pushed.back().parameters, R"({"b":"\u010d","a":1})");
  ASSERT_TRUE(of.broker->push("nap", nlohmann::ordered_json::object()));
  EXPECT_EQ(of.stores[0]->pushed.back().parameters, "[]");
  EXPECT_THAT(of.broker->push("nap", nlohmann::ordered_json{{"a", std::nan("")}}).error().message(), HasSubstr("NaN"));
  EXPECT_THAT(of.broker->push("nap", {{"a", "\xff"}}).error().message(), HasSubstr("UTF-8"));
}

TEST(Broker, RefusesInvalidIdsAndNames) {
  Brokers of({0});
  EXPECT_THAT(of.broker->pushTask(task("x", {.id = "x\ny"})).error().message(),
              HasSubstr("id holds a control character"));
  EXPECT_THAT(of.broker->pushTask(task("x\ty")).error().message(), HasSubstr("name holds a control character"));
  EXPECT_TRUE(of.stores[0]->pushed.empty());
}

TEST(Broker, WritesNoParametersAsPhpWritesAnEmptyMap) {
  Brokers of({0});
  ASSERT_TRUE(of.broker->pushTask(task("x")));
  EXPECT_EQ(of.stores[0]->pushed.at(0).parameters, "[]");
}

TEST(Broker, RefusesParametersThatAreNotAnObject) {
  Brokers of({0});
  EXPECT_EQ(of.broker->push("nap", 7).error().code(), ErrorCode::Invalid);
}

TEST(Broker, DelaysFromNowOnWithoutRounding) {
  Brokers of({0});
  ASSERT_TRUE(of.broker->pushTask(task("x", {.delay = 1500ms})));
  EXPECT_EQ(of.stores[0]->pushed.at(0).timeOfExecution, of.clock.now() + 1500ms);
}

TEST(Broker, RefusesNegativeOrTooLargeDelaysTimesAndLimits) {
  Brokers of({0});
  const auto why = [&](const PushOptions& options) {
    const auto pushed = of.broker->pushTask(task("x", options));
    return pushed ? std::string("pushed") : pushed.error().message();
  };
  EXPECT_THAT(why({.delay = Duration::max()}), HasSubstr("a delay of more than 100000000000 s"));
  EXPECT_THAT(why({.delay = kMaxTimeSpan + 1us}), HasSubstr("a delay of more than"));
  EXPECT_THAT(why({.timeOfExecution = Time::max()}), HasSubstr("the time of execution is more than 100000000000 s"));
  EXPECT_THAT(why({.timeOfExecution = Time::min()}), HasSubstr("the time of execution is more than"));
  EXPECT_THAT(why({.timeLimitSeconds = 18'446'744'073'710}), HasSubstr("the time limit of 18446744073710 s is longer"));
  EXPECT_THAT(why({.timeLimitSeconds = std::numeric_limits<std::int64_t>::max()}), HasSubstr("is longer than"));
  EXPECT_EQ(of.stores[0]->pushes, 0);
  EXPECT_EQ(why({.delay = kMaxTimeSpan}), "pushed");
  EXPECT_EQ(of.stores[0]->pushed.at(0).timeOfExecution, Time(kMaxTimeSpan));
  EXPECT_EQ(why({.timeOfExecution = Time(-kMaxTimeSpan), .timeLimitSeconds = kMaxTimeSpan.count()}), "pushed");
}

TEST(Broker, PushesTheTimeAtWhichATaskExpires) {
  Brokers of({0});
  const auto now = of.clock.now();
  ASSERT_TRUE(of.broker->pushTask(task("x", {.expires = now + 1500ms})));
  EXPECT_EQ(of.stores[0]->pushed.at(0).head.expires, now + 1500ms);
  ASSERT_TRUE(of.broker->pushTask(task("x", {.delay = 1s, .expiresAfter = 1001ms})));
  EXPECT_EQ(of.stores[0]->pushed.at(1).head.expires, now + 1001ms);
}

TEST(Broker, RefusesATaskThatCouldNeverRunSinceItExpiresBefore) {
  Brokers of({0});
  of.clock.setWallClock(Time(1'795'456'800s));
  const auto now = of.clock.now();
  const auto why = [&](const PushOptions& options) {
    const auto pushed = of.broker->pushTask(task("x", options));
    return pushed ? std::string("pushed") : pushed.error().message();
  };
  EXPECT_THAT(why({.timeOfExecution = now + 10s, .expires = now + 10s}),
              HasSubstr("it expires at 2026-11-23T18:00:10Z, and its time of execution is 2026-11-23T18:00:10Z"));
  EXPECT_THAT(why({.delay = 10s, .expiresAfter = 9500ms}),
              HasSubstr("it expires at 2026-11-23T18:00:09.5Z, and its time of execution is 2026-11-23T18:00:10Z"));
  EXPECT_THAT(why({.expires = now}), HasSubstr("has expired already, at 2026-11-23T18:00:00Z"));
  EXPECT_THAT(why({.expires = now + 1s, .expiresAfter = 1s}), HasSubstr("give one of them"));
  EXPECT_THAT(why({.expiresAfter = -1s}), HasSubstr("negative duration"));
  EXPECT_THAT(why({.expiresAfter = Duration::max()}), HasSubstr("expires after more than 100000000000 s"));
  EXPECT_THAT(why({.expires = Time::max()}), HasSubstr("`expires` is more than 100000000000 s away from 1970"));
  EXPECT_THAT(why({.expires = Time::min()}), HasSubstr("`expires` is more than 100000000000 s away from 1970"));
  EXPECT_EQ(of.stores[0]->pushes, 0);
}

TEST(Broker, RefusesATimeOfExecutionTogetherWithADelay) {
  Brokers of({0});
  const PushOptions both{.timeOfExecution = of.clock.now(), .delay = 1s};
  EXPECT_EQ(of.broker->pushTask(task("x", both)).error().code(), ErrorCode::Invalid);
}

}  // namespace
}  // namespace leptir::broker
