#include "leptir/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "leptir/spi/simple_broker.h"
#include "task/envelope.h"
#include "task/json_members.h"

namespace leptir::broker {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A task as it reached the store.
struct PushedTask {
  explicit PushedTask(const EncodedTask& task)
      : id(task.id),
        name(task.name),
        timeOfExecution(task.timeOfExecution),
        head(task::decodeEnvelope(task.envelope).value()),
        parameters(task::memberOf(task::memberOf(task.envelope, "td").value(), "parameters").value()) {}

  std::string id;
  std::string name;
  std::optional<Time> timeOfExecution;
  task::EnvelopeHead head;
  std::string parameters;
};

// A store that records the pushed tasks, and can be made to fail.
class RecordingBroker final : public SimpleBroker {
 public:
  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override {
    ++pushes;
    if (down) return Error(ErrorCode::Unavailable, "connection refused");
    for (const auto& task : tasks) pushed.emplace_back(task);
    return {};
  }
  Result<TaskCounts> tasksCount() override {
    ++counted;
    if (down) return Error(ErrorCode::Unavailable, "connection refused");
    return TaskCounts{.due = pushed.size()};
  }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId&, const SessionInfo&, Duration) override {
    return unsupported();
  }
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId&) override { return unsupported(); }
  Result<std::size_t> recoverExpired(std::size_t) override { return unsupported(); }
  TaskKeeper& keeper() override { std::abort(); }
  bool isUsable() const override { return !broken; }
  BrokerTraits traits() const override { return {}; }

  bool down = false;
  bool broken = false;
  int pushes = 0;
  int counted = 0;
  std::vector<PushedTask> pushed;

 private:
  static Error unsupported() { return Error(ErrorCode::Unsupported, "only notes"); }
};

class NapTask final : public BaseTask {
 public:
  explicit NapTask(Json data) {
    setName("nap");
    setData(std::move(data));
  }
  ExitStatus doJob() override { return ExitStatus::Success; }
};

// Brokers "a", "b", "c", … with the given priorities, and their stores in the same order.
struct Brokers {
  explicit Brokers(std::vector<std::int64_t> priorities) {
    std::vector<Broker::Entry> entries;
    for (const auto priority : priorities) {
      auto store = std::make_unique<RecordingBroker>();
      stores.push_back(store.get());
      entries.push_back({std::string(1, static_cast<char>('a' + entries.size())), "noting", priority, 200ms,
                         [this, store = std::make_shared<std::unique_ptr<SimpleBroker>>(std::move(store))] {
                           return openOne(*store);
                         }});
    }
    broker.emplace(std::move(entries), clock);
  }

  Result<std::unique_ptr<SimpleBroker>> openOne(std::unique_ptr<SimpleBroker>& store) {
    ++opened;
    if (refused == store.get()) return Error(ErrorCode::Invalid, "wrong password");
    return std::move(store);
  }

  ManualClock clock;
  std::vector<RecordingBroker*> stores;
  SimpleBroker* refused = nullptr;  // the one that cannot be opened
  int opened = 0;
  std::optional<Broker> broker;
};

TaskToPush task(std::string name, PushOptions options = {}) {
  return {std::move(name), Json::object(), std::move(options)};
}

TEST(Broker, PushesToTheFirstBrokerWhosePriorityIndexIsHighEnough) {
  Brokers of({5, 1, 2});  // in any order
  ASSERT_TRUE(of.broker->pushTask(task("low", {.priority = -1})));
  ASSERT_TRUE(of.broker->pushTask(task("middle", {.priority = 2})));
  ASSERT_TRUE(of.broker->pushTask(task("high", {.priority = 99})));
  EXPECT_EQ(of.stores[1]->pushed.at(0).name, "low");
  EXPECT_EQ(of.stores[2]->pushed.at(0).name, "middle");
  EXPECT_EQ(of.stores[0]->pushed.at(0).name, "high");
}

TEST(Broker, PushesToABrokerByItsNameWhateverThePriority) {
  Brokers of({1, 2});
  ASSERT_TRUE(of.broker->pushTask(task("x", {.priority = 1, .broker = "b"})));
  EXPECT_EQ(of.stores[1]->pushed.size(), 1u);
}

TEST(Broker, RefusesAnUnknownBrokerName) {
  Brokers of({1});
  const auto answer = of.broker->pushTask(task("x", {.broker = "nowhere"}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(answer.error().message(), HasSubstr("'nowhere'"));
}

TEST(Broker, RefusesToPushWithoutAnyBroker) {
  Broker none({});
  EXPECT_EQ(none.pushTask(task("x")).error().code(), ErrorCode::Invalid);
}

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

TEST(Broker, KeepsTheIdThatTheCallerChose) {
  Brokers of({0});
  EXPECT_EQ(of.broker->pushTask(task("x", {.id = "mine"})).value(), "mine");
}

TEST(Broker, PushesTheTasksOfEachStoreInOneOperation) {
  Brokers of({1, 2});
  const std::vector<TaskToPush> tasks{task("p", {.priority = 1}), task("q", {.priority = 2}),
                                      task("r", {.priority = 1})};
  const auto ids = of.broker->pushTasks(tasks);
  ASSERT_TRUE(ids);
  EXPECT_EQ(of.stores[0]->pushes, 1);
  EXPECT_EQ(of.stores[1]->pushes, 1);
  EXPECT_EQ(ids->at(0), of.stores[0]->pushed.at(0).id);
  EXPECT_EQ(ids->at(1), of.stores[1]->pushed.at(0).id);
  EXPECT_EQ(ids->at(2), of.stores[0]->pushed.at(1).id);
}

TEST(Broker, ChecksAllTasksBeforePushingTheFirst) {
  Brokers of({1, 2});
  const std::vector<TaskToPush> tasks{task("fine", {.priority = 1}), task("", {.priority = 2})};
  EXPECT_EQ(of.broker->pushTasks(tasks).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(of.stores[0]->pushes, 0);
}

TEST(Broker, NamesTheIdsThatMayNotHaveBeenAdded) {
  Brokers of({1, 2});
  of.stores[0]->down = true;
  const std::vector<TaskToPush> tasks{task("p", {.priority = 1, .id = "lost-1"}),
                                      task("q", {.priority = 2, .id = "kept"}),
                                      task("r", {.priority = 1, .id = "lost-2"})};
  const auto answer = of.broker->pushTasks(tasks);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(answer.error().message(),
            "broker a: connection refused; these tasks may not have been added: lost-1, lost-2");
  EXPECT_EQ(of.stores[1]->pushed.size(), 1u);
}

TEST(Broker, NamesTenIdsOfABulkPushThatFailedAndCountsTheOthers) {
  Brokers of({1});
  of.stores[0]->down = true;
  const auto answer = of.broker->pushTasks(std::vector<TaskToPush>(1000, task("p")));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr(" and 990 more (1000 in all)"));
  EXPECT_LT(answer.error().message().size(), 600u);
}

TEST(Broker, CachesTaskCountsForTheCachingTime) {
  Brokers of({0});
  of.broker->tasksCount();
  ASSERT_TRUE(of.broker->pushTask(task("x")));
  of.clock.advance(199ms);
  EXPECT_EQ(of.broker->tasksCount().at(0).counts->due, 0u);
  of.clock.advance(1ms);
  EXPECT_EQ(of.broker->tasksCount().at(0).counts->due, 1u);
  EXPECT_EQ(of.stores[0]->counted, 2);
}

TEST(Broker, CountsTheOtherBrokersWhenOneIsDown) {
  Brokers of({0, 1});
  of.stores[0]->down = true;
  const auto counted = of.broker->tasksCount();
  EXPECT_FALSE(counted.at(0).counts);
  EXPECT_TRUE(counted.at(1).counts);
  of.stores[0]->down = false;
  EXPECT_TRUE(of.broker->tasksCount().at(0).counts) << "errors are not cached";
}

TEST(Broker, TakesPushesFromSeveralThreads) {
  Brokers of({0});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) EXPECT_TRUE(of.broker->pushTask(task("x")));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(of.stores[0]->pushed.size(), 1000u);
}

TEST(Broker, OpensAStoreWhenItIsFirstNeededAndOnlyOnce) {
  Brokers of({0, 1});
  EXPECT_EQ(of.opened, 0);
  ASSERT_TRUE(of.broker->pushTask(task("x", {.broker = "b"})));
  ASSERT_TRUE(of.broker->pushTask(task("y", {.broker = "b"})));
  EXPECT_EQ(of.opened, 1);
}

TEST(Broker, ABrokerThatCannotBeOpenedDoesNotBlockOthersAndIsRetried) {
  Brokers of({0, 1});
  of.refused = of.stores[0];
  ASSERT_TRUE(of.broker->pushTask(task("x", {.broker = "b"})));
  const auto refused = of.broker->pushTask(task("y", {.broker = "a"}));
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable) << "the caller has done nothing wrong";
  EXPECT_EQ(refused.error().message(), "broker a: wrong password");
  EXPECT_EQ(of.broker->access(0).error().code(), ErrorCode::Unavailable);
  const auto counted = of.broker->tasksCount();
  EXPECT_FALSE(counted[0].counts);
  EXPECT_EQ(counted[1].counts->due, 1u);
  of.refused = nullptr;
  EXPECT_TRUE(of.broker->pushTask(task("y", {.broker = "a"})));
}

TEST(Broker, AddsNoTaskOfAListWhenOneOfItsStoresCannotBeOpened) {
  Brokers of({0, 1});
  of.refused = of.stores[1];
  const std::vector<TaskToPush> tasks{task("x", {.broker = "a"}), task("y", {.broker = "b"})};
  EXPECT_EQ(of.broker->pushTasks(tasks).error().code(), ErrorCode::Unavailable);
  EXPECT_TRUE(of.stores[0]->pushed.empty());
}

TEST(Broker, ReopensAStoreThatIsNoLongerUsable) {
  std::vector<RecordingBroker*> opened;
  Broker broker({{"a", "noting", 0, 200ms, [&]() -> Result<std::unique_ptr<SimpleBroker>> {
                    auto store = std::make_unique<RecordingBroker>();
                    opened.push_back(store.get());
                    return store;
                  }}});
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  opened[0]->down = opened[0]->broken = true;
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->pushes, 2);
}

TEST(Broker, HoldsTheLockOfAStoreWhileItsAccessLives) {
  Brokers of({0});
  std::optional<Broker::Access> access(of.broker->access(0).value());
  std::thread pusher([&] { EXPECT_TRUE(of.broker->pushTask(task("x"))); });
  EXPECT_EQ((*access)->tasksCount()->due, 0u);
  access.reset();
  pusher.join();
  EXPECT_EQ(of.stores[0]->pushed.size(), 1u);
}

}  // namespace
}  // namespace leptir::broker
