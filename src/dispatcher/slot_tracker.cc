#include "dispatcher/slot_tracker.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace leptir::dispatcher {

using settlement::HeldTask;

namespace {

// A short task never waits much longer than this behind a long one.
constexpr Duration kLongTask = std::chrono::milliseconds(10);
// One slot gets a run of maxUnended divided by this before another slot is chosen.
constexpr std::size_t kShortRunDivisor = 8;
// From this many tasks in the slots on, settling them by the hundred is cheaper.
constexpr std::size_t kManyTasks = 256;
// So many short tasks that have not ended are waited for before those that have are settled.
constexpr std::size_t kMinTasksWorthAWait = 32;

}  // namespace

// --- where the next task goes

bool SlotTracker::canTake(const TrackedSlot& slot, std::size_t maxUnended) const {
  if (!slot.isReady || slot.hasLarge || slot.keptForLarge) return false;
  if (slot.unended.size() >= (slot.isSlow ? 1 : maxUnended)) return false;
  return slot.cells.empty() || slot.cells[slot.next].stage == CellStage::Free;
}

std::optional<int> SlotTracker::choose(bool large, Preference preference) {
  if (large) return chooseForLarge();
  const auto maxUnended = pace_.maxUnendedInSlot();
  std::optional<int> best;
  for (int i = 0; i < count(); ++i) {
    const auto& slot = trackedSlot(i);
    if (!canTake(slot, maxUnended)) continue;
    if (!best || slot.unended.size() < trackedSlot(*best).unended.size()) best = i;
    if (slot.unended.empty()) break;
  }
  if (preference == Preference::Emptiest) return best;
  if (best && staysWithLastSlot(trackedSlot(*best), maxUnended)) return lastSlot_;
  if (best) lastSlot_ = *best;
  return best;
}

// Short tasks that are neighbours in the queue go to one worker, so that a store can settle them in runs.
bool SlotTracker::staysWithLastSlot(const TrackedSlot& emptiest, std::size_t maxUnended) const {
  const auto& last = trackedSlot(lastSlot_);
  return canTake(last, maxUnended) && last.unended.size() < emptiest.unended.size() + maxUnended / kShortRunDivisor;
}

std::optional<int> SlotTracker::chooseForLarge() {
  TrackedSlot* emptiest = nullptr;
  for (int i = 0; i < count(); ++i) {
    auto& slot = trackedSlot(i);
    if (slot.isReady && slot.used() == 0) {
      slot.keptForLarge = false;
      return i;
    }
    if (slot.keptForLarge) return std::nullopt;  // a slot is being emptied for it already
    if (slot.isReady && (emptiest == nullptr || slot.used() < emptiest->used())) emptiest = &slot;
  }
  if (emptiest != nullptr) emptiest->keptForLarge = true;
  return std::nullopt;
}

std::size_t SlotTracker::credit() const {
  const auto maxUnended = pace_.maxUnendedInSlot();
  std::size_t credit = 0;
  for (const auto& slot : slots_) {
    if (!slot.isReady || slot.hasLarge) continue;
    const auto reach = slot.isSlow ? 1 : maxUnended;
    const auto free = std::min(reach - std::min(reach, slot.unended.size()), link::kCells - slot.used());
    credit += free;
    // While tasks are so short that a round trip would leave workers idle, as many again may wait in the stock.
    if (reach > 1 && free > 0) credit += std::min(reach, link::kCells - slot.used());
  }
  return credit;
}

bool SlotTracker::hasIdleSlot() const {
  return std::ranges::any_of(slots_, [](const TrackedSlot& slot) {
    return slot.isReady && !slot.hasLarge && slot.unended.empty() && slot.used() < link::kCells;
  });
}

// --- the way of a task through its cell

CellRef SlotTracker::assign(int number, HeldTask&& task, bool large) {
  auto& slot = trackedSlot(number);
  if (slot.cells.empty()) slot.cells.resize(link::kCells);
  const CellRef cell{number, slot.next};
  auto& tracked = slot.cells[slot.next];
  assert(tracked.stage == CellStage::Free && "choose() answers only slots whose next cell is free");
  tracked.stage = CellStage::Unended;
  tracked.isLost = false;
  tracked.task = std::move(task);
  ++runningCountOf(tracked.task);
  slot.next = (slot.next + 1) % link::kCells;
  slot.unended.push_back(cell.cell);
  slot.hasLarge = large;
  if (slot.unended.size() == 1) slot.executingSince.reset();
  return cell;
}

void SlotTracker::adopt(CellRef cell, HeldTask task, bool begun, bool large) {
  auto& slot = trackedSlot(cell.slot);
  slot.next = cell.cell;
  assign(cell.slot, std::move(task), large);
  slot.isSlow = begun;  // how long it takes is not known until it ends
}

std::size_t& SlotTracker::runningCountOf(const HeldTask& task) {
  if (task.limitedName >= running_.size()) running_.resize(task.limitedName + 1);
  return running_[task.limitedName];
}

SlotTracker::TrackedCell& SlotTracker::tracked(CellRef cell) {
  auto& tracked = trackedSlot(cell.slot).cells[cell.cell];
  assert(tracked.stage != CellStage::Free && "the cell holds no task");
  return tracked;
}

void SlotTracker::markEnded(CellRef cell) {
  auto& slot = trackedSlot(cell.slot);
  assert(!slot.unended.empty() && slot.unended.front() == cell.cell && "a worker runs its tasks in order");
  tracked(cell).stage = CellStage::Ended;
  --runningCountOf(tracked(cell).task);
  slot.unended.pop_front();
  ++slot.ended;
  slot.isSlow = false;
  if (slot.runningLong == cell.cell) slot.runningLong.reset();
  slot.executingSince.reset();
}

void SlotTracker::markFreed(CellRef cell) {
  auto& slot = trackedSlot(cell.slot);
  assert(tracked(cell).stage == CellStage::Ended && "the task has not ended");
  tracked(cell).stage = CellStage::Free;
  --slot.ended;
  if (slot.used() == 0) slot.hasLarge = false;
}

HeldTask SlotTracker::removeTakenBack(CellRef cell) {
  auto& slot = trackedSlot(cell.slot);
  assert(!slot.unended.empty() && slot.unended.back() == cell.cell && "the latest assignment");
  --runningCountOf(tracked(cell).task);
  auto task = std::move(tracked(cell).task);
  tracked(cell).stage = CellStage::Free;
  slot.unended.pop_back();
  slot.next = cell.cell;
  if (slot.used() == 0) slot.hasLarge = false;
  return task;
}

void SlotTracker::setReady(int number, bool ready) {
  auto& slot = trackedSlot(number);
  slot.isReady = ready;
  if (!ready) slot.executingSince.reset();
}

bool SlotTracker::noteRunning(CellRef cell, BootTime started, BootTime now, Duration moment) {
  auto& slot = trackedSlot(cell.slot);
  slot.executingSince = started;
  if (now - started > kLongTask) slot.isSlow = true;
  if (slot.runningLong == cell.cell || now - started <= moment) return false;
  slot.runningLong = cell.cell;
  return true;
}

// --- what stands in the slots

const HeldTask* SlotTracker::taskIn(CellRef cell) const {
  const auto& cells = trackedSlot(cell.slot).cells;
  if (cells.empty() || cells[cell.cell].stage == CellStage::Free) return nullptr;
  return &cells[cell.cell].task;
}

std::vector<LeaseId> SlotTracker::runningLong(std::uint32_t broker) const {
  std::vector<LeaseId> leases;
  for (const auto& slot : slots_) {
    if (!slot.runningLong) continue;
    const auto& task = slot.cells[*slot.runningLong].task;
    if (task.broker == broker) leases.push_back(task.lease);
  }
  return leases;
}

bool SlotTracker::hasTasksToTakeBack(int number, BootTime now) const {
  const auto& slot = trackedSlot(number);
  const bool workerGone = !slot.isReady && !slot.unended.empty();
  const bool behindLong = slot.unended.size() > 1 && slot.executingSince && now - *slot.executingSince > kLongTask;
  return workerGone || behindLong;
}

bool SlotTracker::hasTasksBehindOthers() const {
  return std::ranges::any_of(slots_, [](const TrackedSlot& slot) { return slot.unended.size() > 1; });
}

bool SlotTracker::hasManyShortTasks() const {
  return used() >= kManyTasks;
}

bool SlotTracker::areManyAboutToEnd() const {
  std::size_t sum = 0;
  for (const auto& slot : slots_) {
    if (slot.isReady && !slot.isSlow) sum += slot.unended.size();
  }
  return sum >= kMinTasksWorthAWait;
}

std::size_t SlotTracker::unended() const {
  std::size_t sum = 0;
  for (const auto& slot : slots_) sum += slot.unended.size();
  return sum;
}

std::size_t SlotTracker::settling() const {
  std::size_t sum = 0;
  for (const auto& slot : slots_) sum += slot.ended;
  return sum;
}

}  // namespace leptir::dispatcher
