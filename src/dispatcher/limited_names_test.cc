// `max_running` in the dispatcher's core, with the reference queue as its store, workers whose tasks take as long as
// the test says, and time that passes millisecond by millisecond. It counts the operations of the store.
#include "dispatcher/limited_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "backends/memory/memory_queue.h"
#include "dispatcher/core.h"
#include "leptir/spi/encoded_task.h"
#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CountingQueue final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit) override {
    ++leases;
    auto leased = memory::MemoryQueue::lease(session, limit);
    leasedTasks += leased->size();
    return leased;
  }

  std::size_t leases = 0, leasedTasks = 0;
};

class LimitedNamesTest : public ::testing::Test {
 protected:
  static constexpr int kSlots = 8;

  // Tasks of the name "few" run at most `few` at a time.
  void start(std::uint32_t few, BootTime singleLeasesUntil = {}) {
    CoreOptions options;
    options.brokers = {{.name = "broker"}};
    options.slotCount = kSlots;
    options.taskNames = {"few", "other"};
    options.taskRules["few"].maxRunning = few;
    options.hasStorages = false;
    options.requiredStorageCount = 0;
    options.singleLeasesUntil = singleLeasesUntil;
    core = std::make_unique<Core>(options, [] { return 0.0; });
    delivered = 0;
    if (session == 0) session = queue.open({std::string(32, 'a'), 1}, {}, 24h).value();
    events.push_back(event::BrokerOpened{0, 1, false});
    for (int slot = 0; slot < kSlots; ++slot) events.push_back(event::WorkerReady{slot, true});
  }

  void push(const std::string& name, int count, Duration takes) {
    times[name] = takes;
    std::vector<EncodedTask> tasks;
    for (int i = 0; i < count; ++i)
      tasks.push_back(EncodedTask::encode({.id = name + std::to_string(++pushed[name]), .name = name}).value());
    ASSERT_TRUE(queue.push(tasks));
  }

  void run(Duration time) {
    for (const auto end = clock.bootTime() + time; clock.bootTime() < end; clock.advance(1ms)) turn();
  }
  // Lets time pass until so many tasks of the name have begun. Returns how long that took.
  Duration runUntilBegun(const std::string& name, std::size_t count, Duration atMost = 1h) {
    const auto began = clock.bootTime();
    while (begun[name].size() < count && clock.bootTime() - began < atMost) run(1ms);
    EXPECT_GE(begun[name].size(), count);
    return clock.bootTime() - began;
  }

  void turn() {
    workersTurn();
    if (++turns % 10 == 0) tick();
    perform(core->step(std::exchange(events, {}), now()));
    feederTurn();
  }

  void tick() {
    for (int slot = 0; slot < kSlots; ++slot) {
      if (!cells[slot].empty() && cells[slot].front().began)
        events.push_back(event::CellRunning{cells[slot].front().cell, *cells[slot].front().began});
    }
    events.push_back(event::Tick{});
  }

  void workersTurn() {
    for (auto& slot : cells) {
      if (slot.empty()) continue;
      auto& task = slot.front();
      if (!task.began) begin(task);
      if (clock.bootTime() - *task.began < times.at(task.name)) continue;
      Outcome outcome{.status = ExitStatus::Success, .executionTime = times.at(task.name)};
      events.push_back(event::CellDone{task.cell, outcome, task.envelope});
      --executing[task.name];
      done.push_back(std::move(task));  // its envelope is in use until the cell is freed
      slot.pop_front();
    }
  }

  struct Assigned;
  void begin(Assigned& task) {
    task.began = clock.bootTime();
    begun[task.name].push_back(task.id);
    most[task.name] = std::max(most[task.name], ++executing[task.name]);
  }

  void perform(Actions actions) {
    for (const auto& assign : actions.assignments) {
      const auto head = task::decodeEnvelope(assign.assignment.envelope).value();
      cells[assign.cell.slot].push_back(
          {assign.cell, head.id, head.name, std::string(assign.assignment.envelope), assign.assignment.lease, {}});
    }
    for (auto& batch : actions.batchesToSettle) batches.push_back(std::move(batch));
    credit = actions.leaseCredits.empty() ? credit : actions.leaseCredits[0];
    for (const int slot : actions.slotsToTakeBack) takeBack(slot);
  }

  void takeBack(int slot) {
    event::AssignmentsTakenBack taken{slot, {}};
    while (!cells[slot].empty() && !cells[slot].back().began) {
      taken.envelopes.emplace_back(cells[slot].back().cell.cell, cells[slot].back().envelope);
      cells[slot].pop_back();
    }
    if (!taken.envelopes.empty()) events.push_back(std::move(taken));
  }

  // As Feeder: settles, then leases if a task is due for this session, or if the core waits for an answer.
  void feederTurn() {
    bool asksAgain = false;
    for (const auto& batch : std::exchange(batches, {})) {
      released += batch->release.size();
      EXPECT_TRUE(queue.acknowledge(session, batch->acknowledge).value().empty());
      EXPECT_TRUE(queue.release(session, batch->release).value().empty());
      EXPECT_TRUE(queue.leaseAgain(session, batch->leaseAgain));
      asksAgain = asksAgain || !batch->leaseAgain.empty();
      events.push_back(event::BatchSettled{batch->id});
    }
    const auto unknown = static_cast<std::size_t>(delivered - credit.knownDeliveredTasks);
    const auto limit = credit.tasks - std::min(credit.tasks, unknown);
    if (limit == 0 || (!asksAgain && queue.untilNextDue(session, 1h) > Duration::zero())) return;
    auto leased = queue.lease(session, limit).value();
    delivered += leased.size();
    const bool nothingMore = leased.size() < limit;
    events.push_back(event::Leased{0, 1, std::move(leased), nothingMore});
  }

  ClockReading now() const { return {clock.bootTime(), clock.now()}; }

  struct Assigned {
    CellRef cell;
    std::string id, name, envelope;
    LeaseId lease;
    std::optional<BootTime> began;
  };

  ManualClock clock;
  CountingQueue queue{clock};
  memory::MemoryQueue::SessionNumber session = 0;
  std::unique_ptr<Core> core;
  std::vector<Event> events;
  std::vector<std::shared_ptr<SettleBatch>> batches;
  Actions::LeaseCredit credit{};
  std::uint64_t delivered = 0, turns = 0;
  std::deque<Assigned> cells[kSlots];
  std::deque<Assigned> done;

  std::map<std::string, Duration> times;
  std::map<std::string, int> pushed, executing, most;
  std::map<std::string, std::vector<std::string>> begun;  // ids, in the order in which they began
  std::size_t released = 0;
};

std::vector<std::string> inOrder(const std::string& name, int count) {
  std::vector<std::string> ids;
  for (int i = 1; i <= count; ++i) ids.push_back(name + std::to_string(i));
  return ids;
}

TEST_F(LimitedNamesTest, AsManyTasksOfANameRunAsMayAndTheyBeginInTheOrderOfTheirPush) {
  start(2);
  push("few", 100, 1s);
  EXPECT_LT(runUntilBegun("few", 100), 52s) << "a place that becomes free is taken at once";
  EXPECT_EQ(most["few"], 2);
  EXPECT_EQ(begun["few"], inOrder("few", 100));
}

TEST_F(LimitedNamesTest, ShortTasksAreHeldUpByTheLimitAlone) {
  start(2);
  push("few", 3'000, 2ms);
  // In this model a task of 2 ms takes 3 ms: its end is seen a millisecond later.
  EXPECT_LT(runUntilBegun("few", 3'000), 3'000 / 2 * 3ms + 500ms);
  EXPECT_EQ(most["few"], 2);
}

TEST_F(LimitedNamesTest, TasksOfOtherNamesAreNotHeldUp) {
  start(2);
  push("few", 500, 60s);
  push("other", 600, 100ms);
  EXPECT_LT(runUntilBegun("other", 600), 600 * 100ms / (kSlots - 2) + 1s);
  EXPECT_EQ(most["few"], 2);
  EXPECT_EQ(begun["few"], inOrder("few", 2));
}

TEST_F(LimitedNamesTest, TasksThatWaitCostFewOperationsOfTheStore) {
  start(2);
  push("few", 500, 1h);
  run(5s);
  queue.leases = queue.leasedTasks = released = 0;
  run(60s);
  EXPECT_LE(queue.leasedTasks, 2u * 500) << "each is leased once in half a minute";
  EXPECT_LE(released, 2u * 500);
  EXPECT_LE(queue.leases, 100u);
  EXPECT_EQ(queue.counts().leased, 2u) << "other instances can lease all others";
}

TEST_F(LimitedNamesTest, EachWaitingTaskIsLeasedOnceMoreWhenItsTurnComes) {
  start(1);
  push("few", 200, 100ms);
  runUntilBegun("few", 200);
  EXPECT_LE(queue.leasedTasks, 3u * 200);
}

TEST_F(LimitedNamesTest, TasksThatAnotherInstanceRanMeanwhileHoldUpNoOther) {
  start(1);
  push("few", 300, 1s);
  run(2s);
  const auto other = queue.open({std::string(32, 'b'), 1}, {}, 24h).value();
  const auto theirs = queue.lease(other, 200).value();
  std::vector<LeaseId> leases;
  for (const auto& task : theirs) leases.push_back(task.lease);
  ASSERT_TRUE(queue.acknowledge(other, leases));
  const auto before = begun["few"].size();
  EXPECT_LT(runUntilBegun("few", before + 20), 22s);
  EXPECT_TRUE(std::ranges::is_sorted(
      begun["few"], [](const auto& a, const auto& b) { return std::stoi(a.substr(3)) < std::stoi(b.substr(3)); }));
}

TEST_F(LimitedNamesTest, AVeryLongQueueOfOneNameHoldsUpNoOtherNameAndCostsFewOperations) {
  start(1);
  push("few", 6'000, 1h);
  push("other", 50, 10ms);
  EXPECT_LT(runUntilBegun("other", 50), 2s);
  run(2s);
  released = 0;
  run(3s);
  EXPECT_LE(released, 3'100u);
}

TEST_F(LimitedNamesTest, AVeryLongQueueOfShortTasksIsWorkedOff) {
  start(4);
  push("few", 6'000, 10ms);
  EXPECT_LT(runUntilBegun("few", 6'000), 30s);
  EXPECT_EQ(most["few"], 4);
}

TEST_F(LimitedNamesTest, ATaskThatIsPushedLaterBeginsAfterThoseThatWait) {
  start(1);
  push("few", 3, 2s);
  run(1s);
  push("few", 1, 2s);
  runUntilBegun("few", 4);
  EXPECT_EQ(begun["few"], inOrder("few", 4));
}

TEST_F(LimitedNamesTest, CancellingAWaitingTaskRemovesItFromTheQueue) {
  start(1);
  push("few", 3, 2s);
  run(1s);
  EXPECT_EQ(queue.cancel("few2", "me@here").value(), CancelResult::Removed);
  runUntilBegun("few", 2);
  EXPECT_EQ(begun["few"], (std::vector<std::string>{"few1", "few3"}));
}

TEST_F(LimitedNamesTest, NoTaskWaitsHereWhileTasksAreLeasedOneAtATime) {
  start(1, clock.bootTime() + 60s);
  push("few", 5, 30s);
  push("other", 5, 10ms);
  runUntilBegun("other", 5, 55s);
  EXPECT_EQ(most["few"], 1);
}

// The cells of an earlier dispatcher, which knew a higher limit or none.
TEST_F(LimitedNamesTest, TasksThatAnEarlierDispatcherAssignedCountAndFinish) {
  start(3);
  push("few", 5, 2s);
  run(500ms);
  ASSERT_EQ(executing["few"], 3);
  const auto earlier = std::move(core);
  start(1);
  std::vector<Event> found;
  for (const auto& slot : cells) {
    for (const auto& task : slot)
      found.push_back(event::CellFound{task.cell,
                                       {.broker = 0, .epoch = 1, .lease = task.lease, .envelope = task.envelope},
                                       task.began.has_value()});
  }
  ASSERT_EQ(found.size(), 3u);
  perform(core->step(std::move(found), now()));
  events.push_back(event::HeldTasksListed{0, 1, queue.held(session).value()});
  run(1s);
  EXPECT_EQ(executing["few"], 3) << "all three go on";
  EXPECT_EQ(begun["few"].size(), 3u) << "none begins beside them";
  most["few"] = 0;
  runUntilBegun("few", 5, 10s);
  EXPECT_EQ(most["few"], 1);
}

}  // namespace
}  // namespace leptir::dispatcher
