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
  while (const auto broker = drawBroker()) {
    if (!assignFirstTaskOf(*broker, step)) {
      reserved_ = broker;
      return;
    }
  }
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
  if (uses_.stock.isEmpty(*reserved_)) return std::nullopt;
  return std::exchange(reserved_, std::nullopt);
}

bool Assigner::mayHaveTasks(std::uint32_t broker) const {
  return !uses_.stock.isEmpty(broker) || (uses_.sessions.isOpen(broker) && uses_.stock.mayHaveMore(broker));
}

// False: no slot can take the first task of this broker now.
bool Assigner::assignFirstTaskOf(std::uint32_t broker, Step& step) {
  auto& [task, envelope, since] = uses_.stock.first(broker);
  const bool large = link::AssignmentArea::needsLargeArea(task.lease.handle.size(), envelope.size());
  const auto slot = uses_.slots.choose(large);
  if (!slot) return false;
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

void Assigner::takeBackAll(Step& step) const {
  for (int slot = 0; slot < uses_.slots.count(); ++slot) step.actions.slotsToTakeBack.push_back(slot);
}

void Assigner::takeBackStuck(Step& step) const {
  for (int slot = 0; slot < uses_.slots.count(); ++slot) {
    if (uses_.slots.hasStuckTasks(slot, step.now.boot)) step.actions.slotsToTakeBack.push_back(slot);
  }
}

}  // namespace leptir::dispatcher
