#include "dispatcher/slot_tracker.h"

#include <algorithm>
#include <cassert>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// A short task never waits much longer than this behind a long one.
constexpr Duration kLongTask = 10ms;
// One slot gets 1/8 of its depth in a row before another slot is chosen.
constexpr std::size_t kRunsInDepth = 8;

}  // namespace

void Pace::observe(Duration executionTime) {
  const auto micros = static_cast<double>(executionTime.count()) + kOverheadMicros;
  // Reduce the depth at once when tasks turn slow; grow it gradually, over some dozens of short tasks.
  micros_ += (micros - micros_) * (micros > micros_ ? 0.5 : 0.1);
}

std::size_t Pace::depth() const {
  return static_cast<std::size_t>(std::clamp(2000.0 / micros_, 1.0, static_cast<double>(link::kCells)));
}

bool SlotTracker::canTake(const TrackedSlot& plan, std::size_t depth) const {
  if (!plan.ready || plan.large || plan.keptForLarge) return false;
  if (plan.unended >= (plan.slow ? 1 : depth)) return false;
  return plan.cells.empty() || !plan.cells[plan.next].used;
}

std::optional<int> SlotTracker::choose(bool large, std::size_t depth) {
  if (large) return chooseForLarge();
  std::optional<int> best;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!canTake(slots_[i], depth)) continue;
    if (!best || slots_[i].unended < slots_[static_cast<std::size_t>(*best)].unended) best = static_cast<int>(i);
    if (slots_[i].unended == 0) break;
  }
  if (best && staysWithLastSlot(slots_[static_cast<std::size_t>(*best)], depth)) return lastSlot_;
  if (best) lastSlot_ = *best;
  return best;
}

// Short tasks that are neighbours in the queue go to one worker, so that a store can settle them in runs.
bool SlotTracker::staysWithLastSlot(const TrackedSlot& emptiest, std::size_t depth) const {
  const auto& last = slots_[static_cast<std::size_t>(lastSlot_)];
  return canTake(last, depth) && last.unended < emptiest.unended + depth / kRunsInDepth;
}

std::optional<int> SlotTracker::chooseForLarge() {
  TrackedSlot* emptiest = nullptr;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& plan = slots_[i];
    if (plan.ready && plan.used == 0) {
      plan.keptForLarge = false;
      return static_cast<int>(i);
    }
    if (plan.keptForLarge) return std::nullopt;  // a slot is being emptied for it already
    if (plan.ready && (emptiest == nullptr || plan.used < emptiest->used)) emptiest = &plan;
  }
  if (emptiest != nullptr) emptiest->keptForLarge = true;
  return std::nullopt;
}

CellRef SlotTracker::take(int slot, settlement::HeldTask task, bool large) {
  auto& plan = slots_[static_cast<std::size_t>(slot)];
  if (plan.cells.empty()) plan.cells.resize(link::kCells);
  const CellRef cell{slot, plan.next};
  auto& place = plan.cells[plan.next];
  assert(!place.used && "choose() answers only slots whose next cell is free");
  place = {.used = true, .task = std::move(task)};
  plan.next = (plan.next + 1) % link::kCells;
  ++plan.used;
  ++plan.unended;
  ++used_;
  plan.large = large;
  if (plan.unended == 1) plan.changed.reset();
  return cell;
}

void SlotTracker::adopt(CellRef cell, settlement::HeldTask task, bool begun, bool large) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  plan.next = cell.cell;
  take(cell.slot, std::move(task), large);
  plan.slow = begun;  // how long it takes is not known until it ends
}

SlotTracker::TrackedCell& SlotTracker::trackedCell(CellRef cell) {
  auto& place = slots_[static_cast<std::size_t>(cell.slot)].cells[cell.cell];
  assert(place.used && "the cell holds no task");
  return place;
}

void SlotTracker::ended(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = trackedCell(cell);
  if (place.ended) return;
  place.ended = true;
  --plan.unended;
  plan.slow = false;
  plan.changed.reset();
}

void SlotTracker::freed(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = trackedCell(cell);
  if (!place.ended) --plan.unended;
  place.used = false;
  --plan.used;
  --used_;
  if (plan.used == 0) plan.large = false;
}

settlement::HeldTask SlotTracker::takenBack(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto task = std::move(trackedCell(cell).task);
  freed(cell);
  plan.next = cell.cell;
  return task;
}

void SlotTracker::setReady(int slot, bool ready) {
  auto& plan = slots_[static_cast<std::size_t>(slot)];
  plan.ready = ready;
  if (!ready) plan.changed.reset();
}

bool SlotTracker::running(CellRef cell, BootTime started, BootTime now, Duration moment) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = trackedCell(cell);
  plan.changed = started;
  if (now - started > kLongTask) plan.slow = true;
  if (place.recorded || now - started <= moment) return false;
  return place.recorded = true;
}

const settlement::HeldTask* SlotTracker::taskIn(CellRef cell) const {
  const auto& cells = slots_[static_cast<std::size_t>(cell.slot)].cells;
  if (cells.empty() || !cells[cell.cell].used) return nullptr;
  return &cells[cell.cell].task;
}

std::optional<CellRef> SlotTracker::find(std::uint32_t broker, const LeaseId& lease) const {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    const auto& cells = slots_[slot].cells;
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      const auto& task = cells[cell].task;
      if (cells[cell].used && task.broker == broker && task.lease == lease)
        return CellRef{static_cast<int>(slot), cell};
    }
  }
  return std::nullopt;
}

std::vector<LeaseId> SlotTracker::runningLong(std::uint32_t broker) const {
  std::vector<LeaseId> leases;
  for (const auto& plan : slots_) {
    if (plan.unended == 0) continue;
    for (const auto& place : plan.cells) {
      if (place.used && place.recorded && !place.ended && place.task.broker == broker)
        leases.push_back(place.task.lease);
    }
  }
  return leases;
}

std::size_t SlotTracker::credit(std::size_t depth) const {
  std::size_t credit = 0;
  for (const auto& plan : slots_) {
    if (!plan.ready || plan.large) continue;
    const auto reach = plan.slow ? 1 : depth;
    const auto free = std::min(reach - std::min(reach, plan.unended), link::kCells - plan.used);
    credit += free;
    // While tasks are so short that a round trip would leave workers idle, as many again may wait in the stock.
    if (reach > 1 && free > 0) credit += std::min(reach, link::kCells - plan.used);
  }
  return credit;
}

std::vector<int> SlotTracker::slotsToTakeBackFrom(BootTime now) const {
  std::vector<int> slotsToTakeBackFrom;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& plan = slots_[i];
    const bool workerGone = !plan.ready && plan.unended > 0;
    const bool behindLong = plan.unended > 1 && plan.changed && now - *plan.changed > kLongTask;
    if (workerGone || behindLong) slotsToTakeBackFrom.push_back(static_cast<int>(i));
  }
  return slotsToTakeBackFrom;
}

std::size_t SlotTracker::unended() const {
  std::size_t sum = 0;
  for (const auto& plan : slots_) sum += plan.unended;
  return sum;
}

bool SlotTracker::hasTasksBehindOthers() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const TrackedSlot& plan) { return plan.unended > 1; });
}

bool SlotTracker::anyIdle() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const TrackedSlot& plan) { return plan.ready && plan.unended == 0; });
}

}  // namespace leptir::dispatcher
