#include "dispatcher/left_tasks.h"

#include <algorithm>
#include <utility>

namespace leptir::dispatcher {
namespace {

constexpr std::size_t kMaxAskedForAtOnce = 512;
// Tasks that are awaited stand at the head of the queue, so they are gone when so many deliveries have none of them.
// Not the first one: it may have been on its way when the store was asked.
constexpr int kMaxDeliveriesWithoutAwaited = 3;
// A task that is asked for takes a delivery or two. Two instances that lease in turn what the other one asks for would
// give the tasks back for ever.
constexpr int kMaxDeliveriesOutOfTurn = 3;

}  // namespace

LeftTasks::Arrival LeftTasks::noteLeased(const std::string& id, MayBegin mayBegin) {
  auto arrival = noteArrival(id);
  if (arrival.turn == Turn::Now || mayBegin == MayBegin::No) {
    deliveriesOutOfTurn_ = 0;
    outOfTurn_ = false;
  } else if (deliveriesOutOfTurn_ < kMaxDeliveriesOutOfTurn) {
    outOfTurn_ = true;
  } else {
    arrival.turn = Turn::Now;
    if (const auto known = orders_.find(id); known != orders_.end()) erase(tasks_.find(known->second));
  }
  return arrival;
}

// A task that arrives without having been asked for is one whose time in TaskRelease::leftToOthersUntil is over, or a
// later one: it begins before the others only if it is the first.
LeftTasks::Arrival LeftTasks::noteArrival(const std::string& id) {
  const auto known = orders_.find(id);
  if (known == orders_.end()) return {nextOrder_++, tasks_.empty() ? Turn::Now : Turn::Later};
  const auto order = known->second;
  const auto task = tasks_.find(order);
  if (task->second.state == State::Left && task != tasks_.begin()) return {order, Turn::Later};
  if (task->second.state == State::Awaited) lastArrived_ = std::max(lastArrived_, order);
  if (task->second.state != State::Left) minToAskFor_ = 1;
  erase(task);
  return {order, Turn::Now};
}

void LeftTasks::add(std::int64_t order, const std::string& id, LeaseId lease) {
  if (const auto known = orders_.find(id); known != orders_.end()) erase(tasks_.find(known->second));
  while (tasks_.contains(order)) ++order;  // only tasks that an earlier dispatcher assigned share an order
  orders_.emplace(id, order);
  tasks_.emplace(order, Left{.id = id, .lease = std::move(lease)});
}

std::vector<LeaseId> LeftTasks::askFor(std::size_t wanted, std::uint64_t batch) {
  std::vector<LeaseId> leases;
  const auto most = std::min(std::max(wanted, minToAskFor_), kMaxAskedForAtOnce);
  for (auto& [order, task] : tasks_) {
    if (leases.size() == most) break;
    if (task.state != State::Left) continue;
    task.state = State::AskedFor;
    task.batch = batch;
    leases.push_back(task.lease);
  }
  asked_ += leases.size();
  return leases;
}

void LeftTasks::noteAsked(std::uint64_t batch) {
  if (asked_ == 0) return;
  for (auto& [order, task] : tasks_) {
    if (task.state == State::AskedFor && task.batch == batch) task.state = State::Awaited;
  }
}

// A store delivers tasks in the order of the queue: those before one that arrived are gone, the others may follow.
void LeftTasks::noteDelivery(bool nothingMoreDue) {
  const auto arrived = std::exchange(lastArrived_, 0);
  if (std::exchange(outOfTurn_, false)) ++deliveriesOutOfTurn_;
  if (asked_ == 0) return;
  deliveriesWithoutAwaited_ = arrived > 0 || !awaitsAny() ? 0 : deliveriesWithoutAwaited_ + 1;
  const bool areAllGone = nothingMoreDue || deliveriesWithoutAwaited_ >= kMaxDeliveriesWithoutAwaited;
  if (areAllGone) deliveriesWithoutAwaited_ = 0;
  std::size_t gone = 0;
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    const bool isGone = task->second.state == State::Awaited && (areAllGone || task->first < arrived);
    gone += isGone ? 1 : 0;
    task = isGone ? erase(task) : std::next(task);
  }
  if (gone > 0) minToAskFor_ = std::min(2 * std::max(minToAskFor_, gone), kMaxAskedForAtOnce);
}

bool LeftTasks::awaitsAny() const {
  return std::ranges::any_of(tasks_, [](const auto& task) { return task.second.state == State::Awaited; });
}

std::vector<LeaseId> LeftTasks::takeAll() {
  std::vector<LeaseId> leases;
  for (auto& [order, task] : tasks_) leases.push_back(std::move(task.lease));
  clear();
  return leases;
}

void LeftTasks::clear() {
  tasks_.clear();
  orders_.clear();
  asked_ = 0;
  lastArrived_ = 0;
  deliveriesWithoutAwaited_ = 0;
  minToAskFor_ = 1;
  outOfTurn_ = false;
  deliveriesOutOfTurn_ = 0;
}

LeftTasks::Tasks::iterator LeftTasks::erase(Tasks::iterator task) {
  if (task->second.state != State::Left) --asked_;
  orders_.erase(task->second.id);
  return tasks_.erase(task);
}

}  // namespace leptir::dispatcher
