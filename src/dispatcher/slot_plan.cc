#include "dispatcher/slot_plan.h"

#include <algorithm>
#include <cassert>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A short task never waits much longer than this behind a long one.
constexpr Duration kLongTask = 10ms;
// A worker gets this part of all that it may have in one go.
constexpr std::size_t kRunsInDepth = 8;

}  // namespace

void Pace::saw(Duration executionTime) {
  const auto micros = static_cast<double>(executionTime.count()) + kOverheadMicros;
  // Soon cautious, slowly bold: one long task ends assigning far ahead, some dozens of short ones begin it.
  micros_ += (micros - micros_) * (micros > micros_ ? 0.5 : 0.1);
}

std::size_t Pace::depth() const {
  return static_cast<std::size_t>(std::clamp(2000.0 / micros_, 1.0, static_cast<double>(kCells)));
}

bool SlotPlans::canTake(const Plan& plan, std::size_t depth) const {
  if (!plan.ready || plan.large || plan.keptForLarge) return false;
  if (plan.unended >= (plan.slow ? 1 : depth)) return false;
  return plan.places.empty() || !plan.places[plan.next].used;
}

std::optional<int> SlotPlans::choose(bool large, std::size_t depth) {
  if (large) return chooseForLarge();
  std::optional<int> best;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!canTake(slots_[i], depth)) continue;
    if (!best || slots_[i].unended < slots_[static_cast<std::size_t>(*best)].unended) best = static_cast<int>(i);
    if (slots_[i].unended == 0) break;
  }
  if (best && goesOn(slots_[static_cast<std::size_t>(*best)], depth)) return last_;
  if (best) last_ = *best;
  return best;
}

// Of short tasks, neighbours in the queue go to one worker, so that a store can settle them in runs.
bool SlotPlans::goesOn(const Plan& emptiest, std::size_t depth) const {
  const auto& last = slots_[static_cast<std::size_t>(last_)];
  return canTake(last, depth) && last.unended < emptiest.unended + depth / kRunsInDepth;
}

std::optional<int> SlotPlans::chooseForLarge() {
  Plan* emptiest = nullptr;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto& plan = slots_[i];
    if (plan.ready && plan.used == 0) {
      plan.keptForLarge = false;
      return static_cast<int>(i);
    }
    if (plan.keptForLarge) return std::nullopt;  // one is being emptied already
    if (plan.ready && (emptiest == nullptr || plan.used < emptiest->used)) emptiest = &plan;
  }
  if (emptiest != nullptr) emptiest->keptForLarge = true;
  return std::nullopt;
}

CellRef SlotPlans::take(int slot, HeldTask task, bool large) {
  auto& plan = slots_[static_cast<std::size_t>(slot)];
  if (plan.places.empty()) plan.places.resize(kCells);
  const CellRef cell{slot, plan.next};
  auto& place = plan.places[plan.next];
  assert(!place.used && "choose() answers only slots whose next cell is free");
  place = {.used = true, .task = std::move(task)};
  plan.next = (plan.next + 1) % kCells;
  ++plan.used;
  ++plan.unended;
  ++used_;
  plan.large = large;
  if (plan.unended == 1) plan.changed.reset();
  return cell;
}

void SlotPlans::adopt(CellRef cell, HeldTask task, bool begun, bool large) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  plan.next = cell.cell;
  take(cell.slot, std::move(task), large);
  plan.slow = begun;  // until it ends nobody knows how long it takes
}

SlotPlans::Place& SlotPlans::placeOf(CellRef cell) {
  auto& place = slots_[static_cast<std::size_t>(cell.slot)].places[cell.cell];
  assert(place.used && "a cell that is not ours");
  return place;
}

void SlotPlans::ended(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = placeOf(cell);
  if (place.ended) return;
  place.ended = true;
  --plan.unended;
  plan.slow = false;
  plan.changed.reset();
}

void SlotPlans::freed(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = placeOf(cell);
  if (!place.ended) --plan.unended;
  place.used = false;
  --plan.used;
  --used_;
  if (plan.used == 0) plan.large = false;
}

HeldTask SlotPlans::takenBack(CellRef cell) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto task = std::move(placeOf(cell).task);
  freed(cell);
  plan.next = cell.cell;
  return task;
}

void SlotPlans::setReady(int slot, bool ready) {
  auto& plan = slots_[static_cast<std::size_t>(slot)];
  plan.ready = ready;
  if (!ready) plan.changed.reset();
}

bool SlotPlans::running(CellRef cell, BootTime started, BootTime now, Duration moment) {
  auto& plan = slots_[static_cast<std::size_t>(cell.slot)];
  auto& place = placeOf(cell);
  plan.changed = started;
  if (now - started > kLongTask) plan.slow = true;
  if (place.recorded || now - started <= moment) return false;
  return place.recorded = true;
}

const HeldTask* SlotPlans::taskIn(CellRef cell) const {
  const auto& places = slots_[static_cast<std::size_t>(cell.slot)].places;
  if (places.empty() || !places[cell.cell].used) return nullptr;
  return &places[cell.cell].task;
}

std::optional<CellRef> SlotPlans::find(std::uint32_t broker, const LeaseId& lease) const {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    const auto& places = slots_[slot].places;
    for (std::size_t cell = 0; cell < places.size(); ++cell) {
      const auto& task = places[cell].task;
      if (places[cell].used && task.broker == broker && task.lease == lease)
        return CellRef{static_cast<int>(slot), cell};
    }
  }
  return std::nullopt;
}

std::vector<LeaseId> SlotPlans::runningLong(std::uint32_t broker) const {
  std::vector<LeaseId> leases;
  for (const auto& plan : slots_) {
    if (plan.unended == 0) continue;
    for (const auto& place : plan.places) {
      if (place.used && place.recorded && !place.ended && place.task.broker == broker)
        leases.push_back(place.task.lease);
    }
  }
  return leases;
}

std::size_t SlotPlans::room(std::size_t depth) const {
  std::size_t room = 0;
  for (const auto& plan : slots_) {
    if (!plan.ready || plan.large) continue;
    const auto reach = plan.slow ? 1 : depth;
    const auto free = std::min(reach - std::min(reach, plan.unended), kCells - plan.used);
    room += free;
    // While tasks are so short that a round trip would leave workers idle, as many again may wait beside them.
    if (reach > 1 && free > 0) room += std::min(reach, kCells - plan.used);
  }
  return room;
}

std::vector<int> SlotPlans::stuck(BootTime now) const {
  std::vector<int> stuck;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& plan = slots_[i];
    const bool workerGone = !plan.ready && plan.unended > 0;
    const bool behindLong = plan.unended > 1 && plan.changed && now - *plan.changed > kLongTask;
    if (workerGone || behindLong) stuck.push_back(static_cast<int>(i));
  }
  return stuck;
}

std::size_t SlotPlans::unended() const {
  std::size_t sum = 0;
  for (const auto& plan : slots_) sum += plan.unended;
  return sum;
}

bool SlotPlans::looksAhead() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Plan& plan) { return plan.unended > 1; });
}

bool SlotPlans::anyIdle() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Plan& plan) { return plan.ready && plan.unended == 0; });
}

}  // namespace leptir
