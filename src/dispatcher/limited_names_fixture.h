// The fixture for tests of names that may not begin at once (`max_running`, pauses): the dispatcher's core with the
// reference queue as its store, workers whose tasks take as long as the test says, and time that passes millisecond by
// millisecond. It counts the operations of the store.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/memory/memory_queue.h"
#include "dispatcher/core.h"
#include "leptir/spi/encoded_task.h"
#include "task/envelope.h"

namespace leptir::dispatcher {

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
  void start(std::uint32_t few, BootTime singleLeasesUntil = {}, bool leasesAgain = true) {
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
    events.push_back(event::BrokerOpened{0, 1, false, leasesAgain});
    for (int slot = 0; slot < kSlots; ++slot) events.push_back(event::WorkerReadiness{slot, true});
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
    for (const int slot : actions.slotsToTakeBackFrom) takeBack(slot);
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

inline std::vector<std::string> inOrder(const std::string& name, int count) {
  std::vector<std::string> ids;
  for (int i = 1; i <= count; ++i) ids.push_back(name + std::to_string(i));
  return ids;
}

}  // namespace leptir::dispatcher
