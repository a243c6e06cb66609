// What the feeder exchanges with the FleetStore of its broker: pauses, orders and the card of its instance.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "dispatcher/feeder_fixture.h"
#include "fleet/digest.h"
#include "fleet/order.h"
#include "fleet/question.h"
#include "leptir/json.h"
#include "link/run_log_writer.h"
#include "tests/support/child.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class FeederFleetTest : public FeederTest {
 protected:
  void start() {
    FeederTest::start();
    ASSERT_TRUE(next<event::BrokerOpened>());
  }

  void put(const fleet::Pause& pause) { ASSERT_TRUE(store.put(keyOf(pause), textOf(pause), {})); }
  void resume(const std::string& name = {}) { ASSERT_TRUE(store.erase(keyOf(fleet::Pause{.name = name}))); }
  static fleet::Pause pauseOf(const std::string& name) {
    return {.name = name, .by = "ann@host", .since = Time(1'700'000'000s)};
  }

  // Returns the key.
  std::string give(fleet::Order::Kind kind, int workers = 0, std::uint32_t number = 1) {
    const fleet::Order order{
        .kind = kind, .instance = instance, .workers = workers, .by = "ann@host", .at = Time(1'700'000'000s)};
    const auto key = keyOf(order, number);
    EXPECT_TRUE(store.put(key, textOf(order), {}));
    return key;
  }
  link::SharedOrder& shared() { return page.brokers[0].order; }
  link::OrderWord given() { return link::OrderWord::unpack(shared().given); }
  bool isGone(const std::string& key) {
    return waitUntil([&] { return !has(key); });
  }
  // Waits until the feeder has looked for pauses and orders twice more.
  void letItCheck() {
    const auto before = checks();
    EXPECT_TRUE(waitUntil([&] { return checks() >= before + 2; }));
  }
  std::ptrdiff_t checks() const { return std::ranges::count(faults.journal(), "version of texts"); }
  bool has(const std::string& key) { return store.get(key).has_value(); }

  std::optional<fleet::InstanceCard> card() {
    const auto key = "instances/" + instance;
    const auto text = store.get(key);
    return text ? fleet::instanceCardOf({key, *text}) : std::nullopt;
  }
  void setCard(std::uint64_t done) {
    feeder->setCard(std::make_shared<const fleet::InstanceCard>(
        fleet::InstanceCard{.instance = instance, .host = "host", .done = done}));
  }

  FleetStore& store = queue->fleet();
};

TEST_F(FeederFleetTest, AFeederThatStartsWhileItsQueueIsPausedLeasesNothing) {
  put(pauseOf(""));
  push({"a"});
  start();
  feeder->setLeaseCredit(1, 0);
  EXPECT_TRUE(next<event::PausesChanged>()->isQueuePaused);
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::Leased>());
  EXPECT_FALSE(faults.wasAsked("pop"));
  resume();
  EXPECT_FALSE(next<event::PausesChanged>()->isQueuePaused);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
}

TEST_F(FeederFleetTest, AFeederThatWaitsForTasksSeesAPauseWithinASecond) {
  start();
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(waitUntil([&] { return faults.wasAsked("pop"); }));
  const auto began = systemClock().bootTime();
  put(pauseOf(""));
  EXPECT_TRUE(next<event::PausesChanged>()->isQueuePaused);
  EXPECT_LT(systemClock().bootTime() - began, 1s);
  push({"a"});
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::Leased>());
}

TEST_F(FeederFleetTest, AFeederWithoutLeaseCreditSeesAPauseWithinASecond) {
  start();
  letItCheck();
  const auto began = systemClock().bootTime();
  put(pauseOf("sendMail"));
  EXPECT_THAT(next<event::PausesChanged>()->names, ElementsAre("sendMail"));
  EXPECT_LT(systemClock().bootTime() - began, 1s);
}

TEST_F(FeederFleetTest, APauseIsToldAndLoggedOnceWithItsUserAndTime) {
  const auto logged = openLog();
  put(pauseOf(""));
  put(pauseOf("sendMail"));
  start();
  const auto changed = next<event::PausesChanged>();
  EXPECT_TRUE(changed->isQueuePaused);
  EXPECT_THAT(changed->names, ElementsAre("sendMail"));
  put(pauseOf(""));  // the same once more
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::PausesChanged>());
  resume();
  EXPECT_FALSE(next<event::PausesChanged>()->isQueuePaused);
  const auto text = logged();
  EXPECT_EQ(timesIn(text, "broker broker: ann@host paused the queue at 2023-11-14T22:13:20Z"), 1) << text;
  EXPECT_EQ(timesIn(text, "ann@host paused tasks of the name 'sendMail' at 2023-11-14T22:13:20Z"), 1) << text;
  EXPECT_EQ(timesIn(text, "broker broker: the queue resumed"), 1) << text;
}

TEST_F(FeederFleetTest, APauseStillHoldsAfterTheStoreWasAway) {
  put(pauseOf(""));
  start();
  ASSERT_TRUE(next<event::PausesChanged>());
  faults.down = true;
  feeder->count();
  ASSERT_TRUE(refuses(faults));
  faults.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  push({"a"});
  feeder->setLeaseCredit(1, 0);
  letItCheck();
  EXPECT_FALSE(faults.wasAsked("pop"));
}

TEST_F(FeederFleetTest, AnOrderIsHandedOverToTheMasterAndRemoved) {
  const auto logged = openLog();
  start();
  const auto key = give(fleet::Order::Kind::SetWorkers, 7);
  ASSERT_TRUE(isGone(key));
  EXPECT_EQ(given().kind, link::OrderKind::SetWorkers);
  EXPECT_EQ(given().workers, 7);
  EXPECT_TRUE(has(fleet::keyOfTakenOrder(key))) << "so that its operator can tell it from one that expired";
  EXPECT_EQ(timesIn(logged(), "order of ann@host, given at 2023-11-14T22:13:20Z: set-workers to 7"), 1);
}

TEST_F(FeederFleetTest, EachKindOfOrderReachesTheMasterAsThatKind) {
  start();
  const std::pair<fleet::Order::Kind, link::OrderKind> kinds[] = {
      {fleet::Order::Kind::Stop, link::OrderKind::Stop},     {fleet::Order::Kind::StopNow, link::OrderKind::StopNow},
      {fleet::Order::Kind::Drain, link::OrderKind::Drain},   {fleet::Order::Kind::Resume, link::OrderKind::Resume},
      {fleet::Order::Kind::Reload, link::OrderKind::Reload},
  };
  std::uint32_t number = 0;
  for (const auto& [order, expected] : kinds) {
    ASSERT_TRUE(isGone(give(order, 0, ++number)));
    EXPECT_EQ(given().kind, expected);
    shared().taken = shared().given.load();
  }
}

TEST_F(FeederFleetTest, AnOrderThatAnEarlierDispatcherHandedOverIsOnlyRemoved) {
  const auto logged = openLog();
  const auto key = give(fleet::Order::Kind::Reload);
  shared().given = link::OrderWord{link::OrderKind::Reload, 0, fleet::digestOf(key)}.pack();
  shared().taken = shared().given.load();
  start();
  ASSERT_TRUE(isGone(key));
  EXPECT_EQ(shared().given, shared().taken);
  EXPECT_EQ(timesIn(logged(), "order of"), 0) << logged();
}

TEST_F(FeederFleetTest, TheNextOrderWaitsUntilTheMasterHasTakenTheLastOne) {
  start();
  const auto first = give(fleet::Order::Kind::Drain, 0, 1), second = give(fleet::Order::Kind::Resume, 0, 2);
  ASSERT_TRUE(isGone(first));
  letItCheck();
  EXPECT_TRUE(has(second));
  EXPECT_EQ(given().kind, link::OrderKind::Drain);
  shared().taken = shared().given.load();
  EXPECT_TRUE(isGone(second));
  EXPECT_EQ(given().kind, link::OrderKind::Resume);
}

TEST_F(FeederFleetTest, TextsThatAreNoOrdersAreRemovedAndThoseOfOtherInstancesStay) {
  const auto logged = openLog();
  const auto strange = "orders/" + instance + "/x", others = "orders/" + std::string(32, 'b') + "/x";
  ASSERT_TRUE(store.put(strange, "{\"order\":\"explode\"}", {}));
  ASSERT_TRUE(store.put(others, "{}", {}));
  start();
  EXPECT_TRUE(isGone(strange));
  EXPECT_TRUE(has(others));
  EXPECT_EQ(shared().given, 0u);
  EXPECT_EQ(timesIn(logged(), "does not know is removed: 'orders/"), 1) << logged();
}

TEST_F(FeederFleetTest, TheCardIsPublishedAgainAndAgainAndRemovedAtTheEnd) {
  start();
  setCard(1);
  ASSERT_TRUE(waitUntil([&] { return card().has_value(); }));
  const auto first = *card();
  EXPECT_EQ(first.done, 1u);
  EXPECT_EQ(first.host, "host");
  EXPECT_NE(first.renewed, Time());
  EXPECT_FALSE(first.paused);
  setCard(2);
  put(pauseOf(""));
  ASSERT_TRUE(waitUntil([&] { return card() && card()->paused && card()->done == 2; }));
  EXPECT_GT(card()->written, first.written);
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(has("instances/" + instance));
}

TEST_F(FeederFleetTest, ACardThatSaysAnotherStateIsPublishedAtOnce) {
  start();
  const auto began = systemClock().bootTime();
  for (const std::string state : {"starting", "running", "waiting", "running", "stopping"}) {
    feeder->setCard(std::make_shared<const fleet::InstanceCard>(
        fleet::InstanceCard{.instance = instance, .host = "host", .state = state}));
    ASSERT_TRUE(waitUntil([&] { return card() && card()->state == state; }));
  }
  EXPECT_LT(systemClock().bootTime() - began, 3s) << "one in a second would take four";
}

TEST_F(FeederFleetTest, TheCardSaysThatTheInstanceIsDrainedOnceItsOrderIsGone) {
  start();
  feeder->setCard(std::make_shared<const fleet::InstanceCard>(
      fleet::InstanceCard{.instance = instance, .host = "host", .state = "running"}));
  ASSERT_TRUE(waitUntil([&] { return card().has_value(); }));
  page.drained = 1;  // as the master does when it takes the order
  const auto began = systemClock().bootTime();
  ASSERT_TRUE(isGone(give(fleet::Order::Kind::Drain)));
  ASSERT_TRUE(waitUntil([&] { return card()->drained; }));
  EXPECT_EQ(card()->state, "waiting");
  EXPECT_LT(systemClock().bootTime() - began, 900ms);
}

TEST_F(FeederFleetTest, AFleetStoreThatFailsDisturbsNoLeaseAndIsLoggedOnce) {
  const auto logged = openLog();
  faults.refuses = "version of texts";
  start();
  push({"a", "b"});
  for (std::uint64_t seen = 0; seen < 2; ++seen) {
    feeder->setLeaseCredit(1, seen);
    const auto leased = next<event::Leased>();
    ASSERT_TRUE(leased && leased->tasks.size() == 1);
    feeder->settle(batchOf(leased->tasks[0], "x"));
    EXPECT_TRUE(next<event::BatchSettled>());
  }
  letItCheck();
  EXPECT_EQ(timesIn(logged(), "cannot be exchanged"), 1) << logged();
  EXPECT_EQ(timesIn(logged(), "not available"), 0) << logged();
  faults.refuses = "";
  put(pauseOf(""));
  EXPECT_TRUE(next<event::PausesChanged>()->isQueuePaused);
  EXPECT_TRUE(waitUntil([&] { return timesIn(logged(), "are exchanged again") == 1; })) << logged();
}

class FeederQuestionTest : public FeederFleetTest {
 protected:
  FeederQuestionTest() { context.answers = &sources; }

  fleet::Question question(fleet::Question::Kind kind, const std::string& task, char digit = '1') const {
    return {.kind = kind, .instance = instance, .task = task, .mark = std::string(16, digit)};
  }
  void ask(const fleet::Question& asked) {
    ASSERT_TRUE(store.put(keyOf(asked, Time(1'700'000'000s)), textOf(asked), fleet::kQuestionLifetime));
  }
  Result<std::string> answerTo(const fleet::Question& asked) {
    std::optional<std::string> answer;
    EXPECT_TRUE(waitUntil([&] {
      return (answer = fleet::joinAnswer(store.list(fleet::answerKeyPrefix(asked), "", 100).value())).has_value();
    }));
    return fleet::parseAnswer(answer.value_or(""));
  }

  // What a worker, a process of its own, logs in a run of t1. Before start(): it forks. Returns the worker's pid.
  int logInWorker(int slot, std::uint32_t attempt) {
    const auto worker = startChild([&] {
      const auto cells = *link::Slot::create();
      link::RunLogWriter writer(logs.mapForWorker(slot), cells);
      writer.beginRun({.cell = 1, .generation = 1, .attempt = attempt, .pid = ::getpid(), .id = "t1"});
      writer.add("slot " + std::to_string(slot) + "\n");
      return writer.hasLines();
    });
    EXPECT_TRUE(exitedSuccessfully(worker));
    return worker;
  }
  void showRunning(int slot, int worker) {
    board->setWorker(slot, worker);
    board->setTask(slot, "t1", "mail", systemClock().bootTime());
  }
  Json logAnswer() {
    const auto asked = question(fleet::Question::Kind::Log, "t1");
    ask(asked);
    const auto answer = answerTo(asked);
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? *parseJson(*answer) : Json();
  }

  link::RunLogs logs = link::RunLogs::create();
  link::RunLogs ofWorker = *link::RunLogs::ofMaster(::getpid());
  std::unique_ptr<link::StatusBoard> board = link::StatusBoard::inMemory(2, systemClock());
  AnswerSources sources{.logs = ofWorker, .board = *board, .clock = systemClock()};
};

TEST_F(FeederQuestionTest, AQuestionForALogIsAnsweredFromTheMemoryOfTheWorker) {
  const auto slot = *link::Slot::create();
  link::RunLogWriter writer(logs.mapForWorker(1), slot);
  writer.beginRun({.cell = 1, .generation = 1, .attempt = 2, .pid = ::getpid(), .id = "t1"});
  writer.add("1795462346.667348 info a line\n");
  start();
  const auto asked = question(fleet::Question::Kind::Log, "t1");
  ask(asked);
  const auto answer = answerTo(asked);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(parseJson(*answer)->at("attempt"), 2);
  EXPECT_EQ(parseJson(*answer)->at("log"), "1795462346.667348 info a line\n");
  EXPECT_TRUE(isGone(keyOf(asked, Time(1'700'000'000s))));
}

TEST_F(FeederQuestionTest, OfSeveralLogsTheOneOfTheWorkerThatRunsTheTaskIsAnswered) {
  logInWorker(0, 3);
  showRunning(1, logInWorker(1, 1));
  start();
  EXPECT_EQ(logAnswer(), Json({{"attempt", 1}, {"log", "slot 1\n"}})) << "attempt 3 ran before a revive";
}

TEST_F(FeederQuestionTest, ARunThatHasLoggedNothingDoesNotHaveTheLogOfAnEarlierRun) {
  logInWorker(0, 1);
  logInWorker(1, 1);
  showRunning(1, ::getpid());
  start();
  EXPECT_EQ(logAnswer(), Json({{"attempt", 0}, {"log", ""}}));
}

TEST_F(FeederQuestionTest, WithoutAWorkerOnTheBoardTheLogOfTheHighestAttemptIsAnswered) {
  logInWorker(0, 1);
  logInWorker(1, 2);
  start();
  EXPECT_EQ(logAnswer().at("attempt"), 2);
}

TEST_F(FeederQuestionTest, ATaskThatLoggedNothingHasAnEmptyLog) {
  start();
  const auto asked = question(fleet::Question::Kind::Log, "t2");
  ask(asked);
  EXPECT_EQ(parseJson(*answerTo(asked))->at("attempt"), 0);
}

TEST_F(FeederQuestionTest, AStackOfATaskThatDoesNotRunIsRefused) {
  board->setWorker(0, ::getpid());
  board->setTask(0, "another", "mail", systemClock().bootTime());
  start();
  const auto asked = question(fleet::Question::Kind::Stack, "t1");
  ask(asked);
  EXPECT_EQ(answerTo(asked).error().code(), ErrorCode::Invalid);
}

TEST_F(FeederQuestionTest, AStackIsTakenByAProcessWhileOrdersAreTaken) {
  const auto taker = folder / "taker", gate = folder / "gate";
  std::ofstream(taker) << "#!/bin/sh\nwhile [ ! -e '" << gate.string()
                       << "' ]; do sleep 0.02; done\necho '{\"pid\": '$2', \"id\": \"'$3'\"}'\n";
  std::filesystem::permissions(taker, std::filesystem::perms::owner_all);
  sources.program = taker.string();
  board->setWorker(0, 4711);
  board->setTask(0, "t1", "mail", systemClock().bootTime());
  start();
  const auto first = question(fleet::Question::Kind::Stack, "t1"),
             second = question(fleet::Question::Kind::Stack, "t1", '2');
  ask(first);
  ask(second);
  ASSERT_TRUE(isGone(keyOf(first, Time(1'700'000'000s))));
  give(fleet::Order::Kind::Drain);
  EXPECT_TRUE(waitUntil([&] { return given().kind == link::OrderKind::Drain && shared().given != 0; }));
  shared().taken = shared().given.load();
  std::ofstream{gate};
  for (const auto& asked : {first, second}) {
    const auto answer = answerTo(asked);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*parseJson(*answer), Json({{"pid", 4711}, {"id", "t1"}}));
  }
}

TEST_F(FeederQuestionTest, AProcessThatFailsToTakeAStackSaysWhy) {
  sources.program = (folder / "no such program").string();
  board->setWorker(0, 4711);
  board->setTask(0, "t1", "mail", systemClock().bootTime());
  start();
  const auto asked = question(fleet::Question::Kind::Stack, "t1");
  ask(asked);
  EXPECT_EQ(answerTo(asked).error().code(), ErrorCode::Unavailable);
}

}  // namespace
}  // namespace leptir::dispatcher
