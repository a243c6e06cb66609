#include "dispatcher/held_leases.h"

#include <utility>

#include "dispatcher/lease_index.h"

namespace leptir::dispatcher {

using settlement::HeldTask;

void HeldLeases::compare(event::HeldTasksListed& listed, Step& step) {
  if (!uses_.sessions.isOpen(listed.broker, listed.epoch)) return;
  const LeaseIndex index(listed.tasks, &LeasedTask::lease);
  const auto isHeld = findHeld(listed, index);
  if (listed.isWhole)
    loseIf(
        listed.broker, [&](const HeldTask& task) { return task.epoch == listed.epoch && !index.find(task.lease); },
        step);
  releaseOrChargeNotHeld(listed, firstOccurrences(listed, index), isHeld, step);
  uses_.charges.noteCompared(listed.broker);
}

// One flag for each listed task: whether its lease is held here.
std::vector<bool> HeldLeases::findHeld(const event::HeldTasksListed& listed, const LeaseIndex& index) const {
  std::vector<bool> isHeld(listed.tasks.size());
  const auto note = [&](const LeaseId& lease) {
    if (const auto position = index.find(lease)) isHeld[*position] = true;
  };
  uses_.stock.forEachTask(listed.broker, [&](const HeldTask& task) { note(task.lease); });
  uses_.slots.forEachTask([&](CellRef, const HeldTask& task) {
    if (task.broker == listed.broker) note(task.lease);
  });
  uses_.batches.forEachLease(listed.broker, note);
  return isHeld;
}

// The positions at which the list names a lease for the first time. A store that reads a long list in pages may name a
// lease twice; the task must not be released for the second one while it runs.
std::vector<std::size_t> HeldLeases::firstOccurrences(const event::HeldTasksListed& listed, const LeaseIndex& index) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < listed.tasks.size(); ++i) {
    if (index.find(listed.tasks[i].lease) == i) positions.push_back(i);
  }
  return positions;
}

void HeldLeases::releaseOrChargeNotHeld(event::HeldTasksListed& listed, const std::vector<std::size_t>& positions,
                                        const std::vector<bool>& isHeld, Step& step) {
  for (const auto i : positions) {
    auto& leased = listed.tasks[i];
    if (isHeld[i]) continue;
    if (uses_.charges.isCharged(listed.broker, leased.lease)) {
      uses_.charges.charge(listed.broker, std::move(leased), step);
    } else {
      // The reply to the lease was lost, or the dispatcher that received it died before it assigned the task. The task
      // is released as if it had never been leased.
      uses_.batches.giveBack(listed.broker, std::move(leased), step);
    }
  }
}

void HeldLeases::lose(event::LeasesLost& lost, Step& step) {
  const LeaseIndex index(lost.leases);
  loseIf(lost.broker, [&](const HeldTask& task) { return index.find(task.lease).has_value(); }, step);
}

template <class IsLost>
void HeldLeases::loseIf(std::uint32_t broker, IsLost&& isLost, Step& step) {
  uses_.stock.takeIf(broker, [&](const StockedTask& stocked) { return isLost(stocked.task); });
  uses_.slots.forEachTask([&](CellRef cell, const HeldTask& task) {
    if (task.broker != broker || !isLost(task)) return;
    uses_.slots.markLost(cell);
    step.actions.stopRequests.push_back({cell, link::StopReason::LeaseLost, {}});
  });
}

void HeldLeases::cancel(event::CancelRequested& cancelled, Step& step) {
  const LeaseIndex index(cancelled.requests, &CancelRequest::lease);
  uses_.stock.takeIf(cancelled.broker, [&](StockedTask& stocked) {
    const auto position = index.find(stocked.task.lease);
    if (position) uses_.intake.settleCancelled(std::move(stocked), cancelled.requests[*position].by, step);
    return position.has_value();
  });
  uses_.slots.forEachTask([&](CellRef cell, const HeldTask& task) {
    const auto position = task.broker == cancelled.broker ? index.find(task.lease) : std::nullopt;
    if (position)
      step.actions.stopRequests.push_back({cell, link::StopReason::Cancel, cancelled.requests[*position].by});
  });
}

void HeldLeases::publishRunning(Step& step) const {
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker)
    step.actions.runningLeases.push_back({broker, uses_.slots.runningLong(broker)});
}

bool HeldLeases::isEmpty() const {
  return uses_.slots.used() == 0 && uses_.stock.isEmpty() && uses_.batches.isEmpty();
}

bool HeldLeases::isEmpty(std::uint32_t broker) const {
  if (!uses_.stock.isEmpty(broker) || !uses_.batches.isEmpty(broker)) return false;
  bool isInCell = false;
  uses_.slots.forEachTask([&](CellRef, const HeldTask& task) { isInCell = isInCell || task.broker == broker; });
  return !isInCell;
}

}  // namespace leptir::dispatcher
