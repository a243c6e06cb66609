#include "dispatcher/assigner.h"

#include <utility>

#include "link/slot.h"

namespace leptir::dispatcher {
namespace {

std::vector<std::int64_t> prioritiesOf(const BrokerSessions& sessions) {
  std::vector<std::int64_t> priorities;
  for (const auto broker : sessions.byPriority()) priorities.push_back(sessions.priorityOf(broker));
  return priorities;
}

}  // namespace

Assigner::Assigner(Uses uses) : uses_(uses), ranks_(prioritiesOf(uses.sessions)) {}

void Assigner::assign(Step& step) {
  if (step.isStopping() || !masterWorks_) return;
  uses_.limitedNames.putBackAside();
  while (const auto broker = drawBroker()) {
    if (!tryHandleFirstTaskOf(*broker, step)) {
      reserved_ = broker;
      break;
    }
  }
  uses_.limitedNames.askForMore(step);
}

// Draws by rank the broker whose task goes into the next free cell, among brokers that are not known to be empty. If
// the stock of the drawn broker is being refilled, the cell stays reserved for it: otherwise brokers with quicker
// stores would get more than their share.
std::optional<std::uint32_t> Assigner::drawBroker() {
  if (!reserved_ || !mayHaveTasks(*reserved_)) {
    candidates_.clear();
    for (const auto broker : uses_.sessions.byPriority()) candidates_.push_back(mayHaveTasks(broker));
    const auto drawn = ranks_.draw(candidates_, uses_.random());
    if (!drawn) return std::nullopt;
    reserved_ = uses_.sessions.byPriority()[*drawn];
  }
  if (!uses_.stock.hasFirst(*reserved_)) return std::nullopt;
  return std::exchange(reserved_, std::nullopt);
}

bool Assigner::mayHaveTasks(std::uint32_t broker) const {
  if (uses_.stock.hasFirst(broker)) return true;
  return uses_.sessions.mayLease(broker) && uses_.stock.mayHaveMore(broker) && !uses_.limitedNames.isSearching(broker);
}

// False: no slot can take the first task of this broker now.
bool Assigner::tryHandleFirstTaskOf(std::uint32_t broker, Step& step) {
  const auto& task = uses_.stock.first(broker).task;
  if (task.hasExpired(step.now.wall)) {
    uses_.intake.settleExpired(uses_.stock.takeFirst(broker), step);
    return true;
  }
  if (!uses_.limitedNames.isBelowLimit(task)) {
    uses_.limitedNames.setAside(uses_.stock.takeFirst(broker), step);
    return true;
  }
  return tryAssignFirstTaskOf(broker, step);
}

bool Assigner::tryAssignFirstTaskOf(std::uint32_t broker, Step& step) {
  auto& [task, envelope, since] = uses_.stock.first(broker);
  const bool large = link::AssignmentArea::needsLargeArea(task.lease.handle.size(), envelope.size());
  // Two tasks of a limited name in one slot would run one after the other, and still count as two that run.
  using Preference = SlotTracker::Preference;
  const auto slot = uses_.slots.choose(large, task.limitedName != 0 ? Preference::Emptiest : Preference::ShortRuns);
  if (!slot) return false;
  uses_.limitedNames.noteAssigned(task);
  step.actions.envelopes.push_back(std::move(envelope));
  link::Assignment assignment{.broker = broker,
                              .epoch = task.epoch,
                              .lease = task.lease,
                              .counters = task.counters,
                              .timeLimit = uses_.knownTasks.timeLimitOf(task),
                              .assigned = step.now.boot,
                              .needsFreshWorker = uses_.knownTasks.needsFreshWorker(task),
                              .envelope = step.actions.envelopes.back()};
  step.actions.assignments.push_back({uses_.slots.assign(*slot, std::move(task), large), std::move(assignment)});
  uses_.stock.dropFirst(broker);
  return true;
}

void Assigner::takeBackAllUnstarted(Step& step) const {
  for (int slot = 0; slot < uses_.slots.count(); ++slot) step.actions.slotsToTakeBackFrom.push_back(slot);
}

void Assigner::takeBackFromBlockedSlots(Step& step) const {
  for (int slot = 0; slot < uses_.slots.count(); ++slot) {
    if (uses_.slots.hasTasksToTakeBack(slot, step.now.boot)) step.actions.slotsToTakeBackFrom.push_back(slot);
  }
}

}  // namespace leptir::dispatcher
