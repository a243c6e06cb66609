#include "worker/worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "task/envelope.h"
#include "task/outcome_codec.h"
#include "tests/support/wait_until.h"
#include "worker/outcome_sender.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class Deed final : public BaseTask {
 public:
  explicit Deed(std::function<void(TaskContext&)> deed) : deed_(std::move(deed)) {}

 private:
  ExitStatus doJob() override {
    deed_(context());
    return ExitStatus::Success;
  }
  std::function<void(TaskContext&)> deed_;
};

bool isZombie(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return state == "Z";
}

void closeEverything() {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) ::close(descriptor);
}

// A real worker, for which the test plays the dispatcher and the master.
class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    link->page().brokers[0].epoch = 1;
    add("noop", [](TaskContext&) {});
    add("say", [](TaskContext& task) {
      task.addResponseLine(std::to_string(task.attempt()) + " " + std::to_string(task.fence()) + " " + task.id());
    });
    add("throw", [](TaskContext&) { throw std::runtime_error("on purpose"); });
    add("large", [](TaskContext& task) { task.addResponseLine(std::string(kCellBodyBytes + 1, 'L')); });
    add("wait", [](TaskContext& task) {
      pollfd stop{task.stopToken().descriptor(), POLLIN, 0};
      while (!task.stopToken().stopRequested()) ::poll(&stop, 1, 1000);
    });
    add("progress", [](TaskContext& task) { task.progress(0.5, "half way"); });
    add("close", [](TaskContext&) { closeEverything(); });
    add("fill", [](TaskContext&) {
      while (::dup(2) >= 0) continue;
    });
    add("twice", [](TaskContext&) { ::fork(); });
  }

  ~WorkerTest() override {
    if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
  }

  void add(const std::string& name, std::function<void(TaskContext&)> deed) {
    program.tasks.addFactory(name, [deed] { return std::make_unique<Deed>(deed); });
  }

  void start() {
    const int parent = ::getpid();
    pid = ::fork();
    if (pid == 0) {
      const Logger silence;
      ::_exit(runWorker({.slot = 0, .masterPid = parent, .reopenLogs = [&] { slot.writeProgress(1, "reopened"); }},
                        *link, program, silence, systemClock()));
    }
  }
  int exitStatus() {
    int status = 0;
    EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) << "the worker stays";
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    pid = 0;
    return WEXITSTATUS(status);
  }

  std::size_t assign(const std::string& name, std::size_t cell, const Counters& counters = {}) {
    BrokerTask task;
    task.id = "id-" + name;
    task.name = name;
    return assignBytes(encodeEnvelope(task), cell, counters);
  }
  std::size_t assignBytes(const std::string& envelope, std::size_t cell, const Counters& counters = {}) {
    Assignment assignment;
    assignment.sequence = ++sequence;
    assignment.epoch = 1;
    assignment.lease = {1000 + sequence, "handle"};
    assignment.counters = counters;
    assignment.envelope = envelope;
    EXPECT_TRUE(slot.writeAssignment(cell, assignment));
    EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Assigned)));
    if (slot.workerSleeps() != 0) link->workerBell(0).ring();
    return cell;
  }
  bool reaches(std::size_t cell, CellState state) {
    return waitUntil([&] { return slot.word(cell).state == state; });
  }
  Outcome outcome(std::size_t cell) {
    EXPECT_TRUE(reaches(cell, CellState::Done)) << "cell " << cell;
    return decodeOutcome(slot.readOutcome(cell).value()).value();
  }
  void settle(std::size_t cell) { EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).freed())); }
  bool sleeps() {
    return waitUntil([&] { return slot.workerSleeps() != 0; });
  }
  void stop(Stopping stopping) {
    link->page().stopping = stopping;
    link->workerBell(0).ring();
  }

  std::unique_ptr<Link> link = Link::create(2).value();
  Slot& slot = link->slot(0);
  Program program;
  std::uint64_t sequence = 0;
  pid_t pid = 0;
};

TEST_F(WorkerTest, RunsWhatIsAssignedAndSaysHowItWent) {
  start();
  const auto well = outcome(assign("say", 0, {.failures = 1, .crashes = 1, .expiries = 1, .unknown = 5}));
  EXPECT_EQ(well.status, ExitStatus::Success);
  EXPECT_EQ(well.response, "4 1001 id-say");
  const auto badly = outcome(assign("throw", 1));
  EXPECT_EQ(badly.cause, Cause::Threw);
  EXPECT_NE(badly.response.find("on purpose"), std::string::npos);
  EXPECT_LE(slot.startedBoot(1), systemClock().bootTime());
}

TEST_F(WorkerTest, RunsManyInTheOrderOfTheRing) {
  BootTime last{};
  for (std::size_t cell = 0; cell < kCells; ++cell) assign("noop", cell);
  start();
  for (int round = 1; round < 5; ++round) {
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      ASSERT_EQ(outcome(cell).status, ExitStatus::Success);
      ASSERT_GE(slot.startedBoot(cell), last);
      last = slot.startedBoot(cell);
      settle(cell);
      assign("noop", cell);
    }
  }
}

TEST_F(WorkerTest, GoesOnWhereTheRingStandsWhenItTakesAnothersPlace) {
  assign("noop", 300);
  assign("noop", 301);
  start();
  outcome(300), outcome(301);
  ASSERT_TRUE(sleeps());
  outcome(assign("noop", 7));  // not where it stands: it finds it
  outcome(assign("noop", 8));
}

TEST_F(WorkerTest, IsReadyOnlyAfterItsStartHooks) {
  program.onWorkerStart([this] {
    while (slot.word(0).state == CellState::Free) ::usleep(1000);
  });
  start();
  EXPECT_EQ(slot.workerReady(), 0u);
  assign("noop", 0);
  outcome(0);
  EXPECT_EQ(slot.workerReady(), 1u);
}

TEST_F(WorkerTest, EndsWhenAStartHookThrows) {
  program.onWorkerStart([] { throw std::runtime_error("no model"); });
  start();
  EXPECT_EQ(exitStatus(), 1);
  EXPECT_EQ(slot.workerReady(), 0u);
}

TEST_F(WorkerTest, BeginsNothingOnceTheInstanceStopsAndLeavesWhenToldTo) {
  start();
  ASSERT_TRUE(sleeps());
  stop(Stopping::Drain);
  assign("noop", 0);
  stop(Stopping::Now);
  stop(Stopping::Leave);
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0).state, CellState::Assigned);
}

TEST_F(WorkerTest, BeginsNothingOfAnotherEpochOrUnderAnEndingLease) {
  auto& line = link->page().brokers[0];
  line.epoch = 2;
  assign("noop", 0);
  start();
  ASSERT_TRUE(sleeps());
  line.leaseEndsBoot = systemClock().bootTime().time_since_epoch().count();
  line.epoch = 1;
  ASSERT_TRUE(sleeps());
  EXPECT_EQ(slot.word(0).state, CellState::Assigned);
  line.leaseEndsBoot = BrokerLine::kNever;  // renewed, and nobody rings
  outcome(0);
}

TEST_F(WorkerTest, TellsItsTaskToStopAndReportsNothingThen) {
  start();
  assign("wait", 0);
  assign("noop", 1);
  ASSERT_TRUE(reaches(0, CellState::Executing));
  const auto executing = slot.word(0);
  const auto stopping = executing.to(CellState::Stopping, StopReason::TimeLimit);
  ASSERT_TRUE(slot.change(0, executing, stopping));
  link->stopBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0), stopping);
  EXPECT_EQ(slot.word(1).state, CellState::Assigned);
}

TEST_F(WorkerTest, IgnoresSignalsThatAreNotMeantForIt) {
  start();
  ASSERT_TRUE(sleeps());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::kill(pid, signal);
  outcome(assign("noop", 0));
}

TEST_F(WorkerTest, ReopensItsLogsBetweenTwoTasks) {
  start();
  ASSERT_TRUE(sleeps());
  ::kill(pid, SIGUSR1);
  outcome(assign("noop", 0));
  EXPECT_TRUE(waitUntil([&] { return slot.readProgress().second == "reopened"; }));
}

TEST_F(WorkerTest, ShowsProgressUntilTheNextTaskBegins) {
  start();
  outcome(assign("progress", 0));
  EXPECT_EQ(slot.readProgress(), std::make_pair(0.5, std::string("half way")));
  outcome(assign("noop", 1));
  EXPECT_EQ(slot.readProgress(), std::make_pair(0.0, std::string()));
}

TEST_F(WorkerTest, WaitsWithALargeOutcomeUntilTheLastOneIsSettled) {
  start();
  assign("large", 0);
  assign("large", 1);
  EXPECT_EQ(outcome(0).response, std::string(kCellBodyBytes + 1, 'L'));
  EXPECT_EQ(slot.word(1).state == CellState::Done, false);
  settle(0);
  EXPECT_EQ(outcome(1).response, std::string(kCellBodyBytes + 1, 'L'));
}

TEST_F(WorkerTest, SaysThatItGotNoEnvelope) {
  start();
  EXPECT_EQ(outcome(assignBytes("this is none", 0)).cause, Cause::Malformed);
}

TEST_F(WorkerTest, EndsOnceATaskHasClosedItsBellsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("close", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 70);
}

TEST_F(WorkerTest, EndsOnceATaskHasUsedUpTheDescriptorsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("fill", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 71);
}

TEST_F(WorkerTest, EndsTheChildOfATaskThatForkedAndReturnedTwice) {
  start();
  for (std::size_t cell = 0; cell < 20; ++cell) EXPECT_EQ(outcome(assign("twice", cell)).status, ExitStatus::Success);
  const std::string path = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children";
  EXPECT_TRUE(waitUntil([&] {
    std::ifstream children(path);
    int dead = 0;
    for (int child = 0; children >> child;) dead += isZombie(child);
    return dead == 20;
  })) << "ended, unreaped since the task does not wait for them";
}

TEST_F(WorkerTest, RingsADispatcherThatSleepsAndOnlyThen) {
  start();
  ASSERT_TRUE(sleeps());
  outcome(assign("noop", 0));
  ASSERT_TRUE(sleeps());
  EXPECT_FALSE(link->dispatcherBell().clear());
  link->page().dispatcherSleeps = 1;
  outcome(assign("noop", 1));
  EXPECT_TRUE(link->dispatcherBell().waitFor(30s));
}

TEST_F(WorkerTest, EndsWithItsMaster) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t master = ::fork();
  if (master == 0) {
    start();
    link->page().masterBeat = pid;
    for (;;) ::pause();
  }
  ASSERT_TRUE(waitUntil([&] { return link->page().masterBeat != 0 && slot.workerReady() != 0; }));
  pid = static_cast<pid_t>(link->page().masterBeat);
  ::kill(master, SIGKILL);
  ::waitpid(master, nullptr, 0);
  int status = 0;
  EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
  pid = 0;
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(RingRule, RingsWhenNothingElseWaits) {
  RingRule rule;
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s)));
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s)));
}

TEST(RingRule, RingsForManyShortTasksOnceAMillisecond) {
  RingRule rule;
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s)));
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s) + 999us));
  EXPECT_TRUE(rule.mustRing(true, BootTime(1s) + 1000us));
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s) + 1001us));
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s) + 1002us));
}

}  // namespace
}  // namespace leptir
