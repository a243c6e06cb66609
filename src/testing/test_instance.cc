#include "leptir/testing/test_instance.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "broker/rank_selection.h"
#include "testing/stored_task.h"
#include "testing/test_feeder.h"
#include "testing/test_stores.h"
#include "testing/test_worker.h"

namespace leptir::testing {
namespace {

std::vector<std::int64_t> prioritiesOf(const std::deque<TestQueue>& queues) {
  std::vector<std::int64_t> priorities;
  for (const auto& queue : queues) priorities.push_back(queue.priority);
  return priorities;
}

}  // namespace

class TestInstance::Parts {
 public:
  Parts(const TaskRegistry& tasks, TestInstanceOptions given)
      : options(std::move(given)),
        clock(options.start),
        stores(options.brokers, clock),
        ranks(prioritiesOf(stores.queues())),
        worker(tasks, options, clock, log) {
    for (auto& queue : stores.queues()) feeders.emplace_back(queue, stores.metaStorage());
    for (const auto& mistake : tasks.mistakes()) log.push_back({LogLevel::Error, mistake});
  }

  enum class EndReason { NothingDue, MaxRunsReached, StoreFailed };
  // Adds the runs of everything that is due to `runs`, until it has `most`.
  EndReason runDue(std::vector<ObservedRun>& runs, std::size_t most);
  // Runs until no task is due before or at `end`. The clock stands at the last due time.
  EndReason runUntil(Time end, std::vector<ObservedRun>& runs, std::size_t most);
  std::optional<Time> nextDue() const;

  const TestInstanceOptions options;
  ManualClock clock;
  TestStores stores;
  std::deque<TestFeeder> feeders;  // in order of priority
  std::vector<LoggedLine> log;

 private:
  bool hasDueTask() const;
  bool settlePending();
  bool noteStoreError(const Error& error);

  const broker::RankSelection ranks;
  TestWorker worker;
};

TestInstance::Parts::EndReason TestInstance::Parts::runDue(std::vector<ObservedRun>& runs, std::size_t most) {
  std::vector<bool> mayHaveTasks(feeders.size(), true);
  while (settlePending()) {
    if (runs.size() >= most && hasDueTask()) return EndReason::MaxRunsReached;
    const auto index = ranks.draw(mayHaveTasks, 0);
    if (!index) return EndReason::NothingDue;
    auto leased = feeders[*index].lease();
    if (!leased)
      return noteStoreError(leased.error().in("broker " + feeders[*index].brokerName())), EndReason::StoreFailed;
    mayHaveTasks[*index] = leased->has_value();
    if (!leased->has_value()) continue;
    if (auto run = worker.handle(std::move(**leased), feeders[*index])) runs.push_back(std::move(*run));
    mayHaveTasks.assign(feeders.size(), true);  // the task may have pushed others
  }
  return EndReason::StoreFailed;
}

TestInstance::Parts::EndReason TestInstance::Parts::runUntil(Time end, std::vector<ObservedRun>& runs,
                                                             std::size_t most) {
  for (;;) {
    if (const auto ended = runDue(runs, most); ended != EndReason::NothingDue) return ended;
    const auto next = nextDue();
    if (!next || *next > end) return EndReason::NothingDue;
    clock.advance(std::max(*next - clock.now(), Duration::zero()));
  }
}

std::optional<Time> TestInstance::Parts::nextDue() const {
  std::optional<Time> earliest;
  for (const auto& feeder : feeders) {
    if (const auto due = feeder.nextDue(clock.now())) earliest = std::min(earliest.value_or(*due), *due);
  }
  return earliest;
}

bool TestInstance::Parts::hasDueTask() const {
  const auto next = nextDue();
  return next && *next <= clock.now();
}

bool TestInstance::Parts::settlePending() {
  for (auto& feeder : feeders) {
    if (auto done = feeder.settlePending(); !done) return noteStoreError(done.error());
  }
  return true;
}

// Returns false.
bool TestInstance::Parts::noteStoreError(const Error& error) {
  log.push_back({LogLevel::Warning, error.message() + "; the next call tries again"});
  return false;
}

TestInstance::TestInstance(const Program& program, TestInstanceOptions options)
    : TestInstance(program.tasks, std::move(options)) {
  for (const auto& hook : program.workerStartHooks) hook();
}

TestInstance::TestInstance(const TaskRegistry& tasks, TestInstanceOptions options)
    : parts_(std::make_unique<Parts>(tasks, std::move(options))) {}

TestInstance::~TestInstance() = default;

Broker& TestInstance::broker() {
  return parts_->stores.broker();
}
MetaStorage& TestInstance::metaStorage() {
  return parts_->stores.metaStorage();
}
ManualClock& TestInstance::clock() {
  return parts_->clock;
}

std::vector<ObservedRun> TestInstance::runDue(std::size_t most) {
  std::vector<ObservedRun> runs;
  parts_->runDue(runs, most);
  return runs;
}

std::vector<ObservedRun> TestInstance::runFor(Duration time, std::size_t most) {
  std::vector<ObservedRun> runs;
  const auto end = parts_->clock.now() + time;
  const auto ended = parts_->runUntil(end, runs, most);
  if (ended == Parts::EndReason::NothingDue)
    parts_->clock.advance(std::max(end - parts_->clock.now(), Duration::zero()));
  return runs;
}

std::vector<ObservedRun> TestInstance::runAll(std::size_t most) {
  std::vector<ObservedRun> runs;
  parts_->runUntil(Time::max(), runs, most);
  return runs;
}

std::optional<Time> TestInstance::nextDue() {
  return parts_->nextDue();
}

std::vector<StoredTask> TestInstance::tasks() {
  auto all = waiting();
  for (auto& task : buried()) all.push_back(std::move(task));
  return all;
}

std::vector<StoredTask> TestInstance::waiting() {
  std::vector<StoredTask> waiting;
  for (auto& queue : parts_->stores.queues()) {
    for (auto& found : queue.queue->listWaiting()) waiting.push_back(storedTask(queue.name, std::move(found)));
  }
  return waiting;
}

std::vector<StoredTask> TestInstance::buried() {
  std::vector<StoredTask> buried;
  for (auto& queue : parts_->stores.queues()) {
    for (auto& found : queue.queue->listBuried({.limit = queue.queue->counts().buried}))
      buried.push_back(storedTask(queue.name, std::move(found)));
  }
  return buried;
}

std::optional<StoredTask> TestInstance::find(std::string_view id) {
  for (auto& queue : parts_->stores.queues()) {
    if (auto found = queue.queue->find(id)) return storedTask(queue.name, std::move(*found));
  }
  return std::nullopt;
}

TaskCounts TestInstance::counts() {
  TaskCounts sum;
  for (auto& queue : parts_->stores.queues()) {
    const auto counts = queue.queue->counts();
    sum.due += counts.due;
    sum.scheduled += counts.scheduled;
    sum.leased += counts.leased;
    sum.buried += counts.buried;
  }
  return sum;
}

Json TestInstance::record(std::string_view id) {
  return parts_->stores.record(id);
}

const std::vector<LoggedLine>& TestInstance::log() const {
  return parts_->log;
}

StoreFaults& TestInstance::brokerFaults(std::string_view name) {
  return parts_->stores.queue(name).faults;
}
StoreFaults& TestInstance::metaFaults() {
  return parts_->stores.metaFaults();
}

}  // namespace leptir::testing
