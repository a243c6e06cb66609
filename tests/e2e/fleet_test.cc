// Operators on several instances of one queue: pauses, orders, and what the instances say of themselves.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/e2e/fleet_access.h"
#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = fleet::Order::Kind;

class FleetTest : public Ledger {
 protected:
  FleetTest() { writeConfig(defaultYaml(tasks())); }

  // `note` and `tally` append their id to the ledger; `wait` runs until the file `go` exists, and then says so.
  std::string tasks() const {
    const auto ledger = (folder / "ledger").string(), go = (folder / "go").string();
    return "  tasks:\n"
           "    note: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " +
           ledger +
           "; sleep 0.02'] }\n"
           "    tally: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " +
           ledger +
           "'] }\n"
           "    wait: { command: [/bin/sh, -c, 'while [ ! -e " +
           go + " ]; do sleep 0.02; done'] }\n";
  }

  // An instance beside the others, with a pid file of its own.
  struct Member {
    fs::path pidFile;
    std::unique_ptr<StartedInstance> process;
  };
  Member startMember(const std::string& name) {
    Member member{folder / (name + ".pid"), nullptr};
    member.process = start({"--pid=" + member.pidFile.string()});
    EXPECT_TRUE(eventually([&] { return run({"status", "--ready", "--pid=" + member.pidFile.string()}).exit == 0; }))
        << member.process->output();
    return member;
  }
  Json statusOf(const Member& member) {
    return leptir({"status", "--json", "--pid=" + member.pidFile.string()}).json();
  }
  std::string sessionOf(const Member& member) { return statusOf(member)["instance"]["session"].get<std::string>(); }
  pid_t dispatcherOf(const Member& member) const {
    std::ifstream children("/proc/" + std::to_string(member.process->pid()) + "/task/" +
                           std::to_string(member.process->pid()) + "/children");
    for (pid_t child = 0; children >> child;) {
      for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(child) + "/task")) {
        std::ifstream name(thread.path() / "comm");
        std::string text;
        if (std::getline(name, text) && text == "leptir feeder") return child;
      }
    }
    return 0;
  }

  // Waits for it: during a hand-over there is none.
  void killDispatcherOf(const Member& member) {
    pid_t dispatcher = 0;
    ASSERT_TRUE(eventually([&] { return (dispatcher = dispatcherOf(member)) != 0; }));
    ::kill(dispatcher, SIGKILL);
  }

  int timesIn(const std::string& text, const std::string& part) const {
    int times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
  }
  std::size_t runsSoFar() const { return runs().size(); }
  // How many tasks begin within this time.
  std::size_t begunWithin(Duration time) const {
    const auto before = runsSoFar();
    std::this_thread::sleep_for(time);
    return runsSoFar() - before;
  }

  FleetAccess& fleet() {
    if (!fleet_) fleet_ = std::make_unique<FleetAccess>(folder / "leptir.db");
    return *fleet_;
  }

 private:
  std::unique_ptr<FleetAccess> fleet_;
};

TEST_F(FleetTest, APauseHoldsOnAllInstancesWithinASecondAndNothingIsLostAfterIt) {
  const auto ids = pushNotes(800);
  const auto one = startMember("one"), two = startMember("two");
  ASSERT_TRUE(eventually([&] { return runsSoFar() > 50; }));
  fleet().pause();
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(begunWithin(1500ms), 0u);
  for (const auto* member : {&one, &two}) {
    EXPECT_THAT(member->process->output(), HasSubstr("broker local: ann@host paused the queue at "));
    EXPECT_EQ(timesIn(member->process->output(), "paused the queue"), 1);
  }
  const auto shown = statusOf(one)["brokers"][0];
  EXPECT_EQ(shown["paused"]["by"], "ann@host");
  EXPECT_EQ(shown["leased"], 0);
  EXPECT_THAT(leptir({"status", "--pid=" + one.pidFile.string()}).out, HasSubstr("broker local is paused since 2"));
  fleet().resume();
  ASSERT_TRUE(eventually([&] { return runsSoFar() == ids.size(); }));
  expectEachRanOnce(ids);
  EXPECT_THAT(one.process->output(), HasSubstr("broker local: the queue resumed"));
}

TEST_F(FleetTest, RunningTasksGoOnWhileTheirQueueIsPaused) {
  const auto id = push({"wait"});
  const auto member = startMember("one");
  ASSERT_TRUE(eventually([&] { return statusOf(member)["brokers"][0]["leased"] == 1; }));
  fleet().pause();
  ASSERT_TRUE(eventually([&] { return timesIn(member.process->output(), "paused the queue") == 1; }));
  std::ofstream(folder / "go") << "now";
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << member.process->output();
}

TEST_F(FleetTest, AnInstanceThatStartsLaterObeysAPause) {
  pushNotes(5);
  fleet().pause();
  const auto member = startMember("one");
  EXPECT_EQ(begunWithin(1s), 0u);
  EXPECT_EQ(runsSoFar(), 0u);
  fleet().resume();
  EXPECT_TRUE(eventually([&] { return runsSoFar() == 5; }));
}

TEST_F(FleetTest, ADrainOfAPausedQueueSaysWhatItWaitsForAndEndsAfterTheResume) {
  pushNotes(3);
  fleet().pause();
  const auto drain = start({"--drain"});
  constexpr auto kSaid =
      "broker local: its queue is paused; the drain waits for 3 tasks until an operator runs "
      "`leptir resume --broker=local`.";
  ASSERT_TRUE(eventually([&] { return timesIn(drain->output(), kSaid) == 1; })) << drain->output();
  EXPECT_EQ(begunWithin(1s), 0u);
  fleet().resume();
  EXPECT_EQ(drain->waitForExit(), 0);
  EXPECT_EQ(runsSoFar(), 3u);
  EXPECT_EQ(timesIn(drain->output(), kSaid), 1);
}

TEST_F(FleetTest, ALongQueueOfAPausedNameHoldsUpNoOtherName) {
  leptir({"push", "note", "--number=30000", "--quiet"});
  fleet().pause("note");
  const auto others = leptir({"push", "tally", "--number=20"}).lines();
  const auto member = startMember("one");
  ASSERT_TRUE(eventually([&] { return hasSucceeded(others.back()); }, 20s)) << member.process->output();
  expectEachRanOnce(others);
  EXPECT_EQ(statusOf(member)["brokers"][0]["pausedNames"][0]["name"], "note");
  fleet().resume("note");
  EXPECT_TRUE(eventually([&] { return runsSoFar() > others.size() + 50; })) << member.process->output();
}

TEST_F(FleetTest, OrdersReachTheInstanceThatTheyNameAndNoOther) {
  const auto one = startMember("one"), two = startMember("two");
  const auto name = sessionOf(two);
  constexpr auto kReloaded = "The configuration is read again";

  fleet().order(name, Kind::Reload);
  ASSERT_TRUE(eventually([&] { return timesIn(two.process->output(), kReloaded) == 1; })) << two.process->output();
  EXPECT_THAT(two.process->output(), HasSubstr("broker local: order of ann@host, given at "));

  fleet().order(name, Kind::SetWorkers, 5);
  ASSERT_TRUE(eventually([&] { return statusOf(two)["workers"].size() == 5; })) << two.process->output();
  ASSERT_TRUE(eventually([&] { return statusOf(two)["workers"][4]["pid"] != 0; }));
  fleet().order(name, Kind::SetWorkers, 1);
  ASSERT_TRUE(eventually([&] { return statusOf(two)["workers"].size() == 1; })) << two.process->output();

  fleet().order(name, Kind::Drain);
  ASSERT_TRUE(eventually([&] { return statusOf(two)["instance"]["state"] == "waiting"; }));
  fleet().order(name, Kind::Resume);
  ASSERT_TRUE(eventually([&] { return statusOf(two)["instance"]["state"] == "running"; }));

  EXPECT_EQ(statusOf(one)["workers"].size(), 2u);
  EXPECT_EQ(timesIn(one.process->output(), "order of"), 0) << one.process->output();
  fleet().order(name, Kind::Stop);
  EXPECT_EQ(two.process->waitForExit(), 0);
  EXPECT_EQ(statusOf(one)["instance"]["state"], "running");
}

TEST_F(FleetTest, ADrainedInstanceBeginsNothingAlsoAfterItsDispatcherDied) {
  const auto member = startMember("one");
  fleet().order(sessionOf(member), Kind::Drain);
  ASSERT_TRUE(eventually([&] { return statusOf(member)["instance"]["state"] == "waiting"; }));
  killDispatcherOf(member);
  ASSERT_TRUE(eventually([&] { return timesIn(member.process->output(), "is started again") == 1; }));
  pushNotes(3);
  EXPECT_EQ(begunWithin(1500ms), 0u);
  fleet().order(sessionOf(member), Kind::Resume);
  EXPECT_TRUE(eventually([&] { return runsSoFar() == 3; })) << member.process->output();
}

TEST_F(FleetTest, AnOrderIsNotObeyedAgainAfterItsDispatcherWasKilled) {
  const auto member = startMember("one");
  constexpr auto kReloaded = "The configuration is read again";
  const auto order = fleet().order(sessionOf(member), Kind::Reload);
  ASSERT_TRUE(eventually([&] { return timesIn(member.process->output(), kReloaded) == 1; }));
  ASSERT_TRUE(eventually([&] { return !fleet().has(order.key); }));
  // As if the dispatcher had died before it removed the order from the store.
  killDispatcherOf(member);
  ASSERT_TRUE(fleet().store().put(order.key, order.value, fleet::kOrderLifetime));
  ASSERT_TRUE(eventually([&] { return !fleet().has(order.key); })) << "the next dispatcher removes it";
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(timesIn(member.process->output(), kReloaded), 1) << member.process->output();
  EXPECT_EQ(timesIn(member.process->output(), "order of ann@host"), 1);
}

TEST_F(FleetTest, AnInstanceSaysWhatItRunsUntilItEnds) {
  const auto id = push({"wait"});
  const auto member = startMember("one");
  ASSERT_TRUE(eventually([&] { return fleet().cards().size() == 1 && fleet().cards()[0].runningTasks == 1; }));
  const auto card = fleet().cards()[0];
  EXPECT_EQ(card.instance, sessionOf(member));
  EXPECT_EQ(card.pid, member.process->pid());
  EXPECT_EQ(card.broker, "local");
  EXPECT_EQ(card.workers, 2);
  EXPECT_EQ(card.configuration, fs::absolute(config).string());
  ASSERT_THAT(card.running, SizeIs(1));
  EXPECT_EQ(card.running[0].id, id);
  EXPECT_EQ(card.running[0].name, "wait");
  EXPECT_LT(abs(systemClock().now() - card.running[0].began), 60s);
  EXPECT_TRUE(eventually([&] { return fleet().cards().at(0).written > card.written; }));
  std::ofstream(folder / "go") << "now";
  member.process->signal(SIGTERM);
  EXPECT_EQ(member.process->waitForExit(), 0);
  EXPECT_THAT(fleet().cards(), IsEmpty());
}

TEST_F(FleetTest, TheCardOfAKilledInstanceDisappears) {
  const auto member = startMember("one");
  ASSERT_TRUE(eventually([&] { return fleet().cards().size() == 1; }));
  member.process->signal(SIGKILL);
  member.process->waitForExit();
  EXPECT_TRUE(eventually([&] { return fleet().cards().empty(); }, 20s));
}

}  // namespace
}  // namespace leptir::e2e
