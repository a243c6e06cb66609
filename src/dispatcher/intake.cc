#include "dispatcher/intake.h"

#include <utility>

#include "dispatcher/undecoded_task.h"
#include "settlement/settlement.h"
#include "task/envelope.h"

namespace leptir::dispatcher {

using settlement::Settlement;

namespace {

// Once the oldest unassigned task of a broker has waited for this long, all unassigned tasks of the broker are
// released, so that other instances can run them.
constexpr Duration kStockPatience = std::chrono::milliseconds(500);

}  // namespace

Intake::Intake(Uses uses) : uses_(uses), unknownNames_(uses.sessions.count()) {}

void Intake::receive(event::Leased& leased, Step& step) {
  uses_.stock.noteDelivery(leased.broker, leased.tasks.size());
  if (!uses_.sessions.isOpen(leased.broker, leased.epoch)) return;  // leased in a session that was lost meanwhile
  uses_.stock.noteMayHaveMore(leased.broker, !leased.nothingMoreDue);
  for (auto& task : leased.tasks) receive(leased.broker, std::move(task), step);
  uses_.limitedNames.noteDelivery(leased.broker, leased.nothingMoreDue);
}

void Intake::receive(std::uint32_t broker, LeasedTask leased, Step& step) {
  auto head = task::decodeEnvelope(leased.envelope);
  if (!head) return buryMalformed(broker, std::move(leased), head.error(), step);
  StockedTask stocked{.task = {.broker = broker,
                               .epoch = uses_.sessions.epochOf(broker),
                               .lease = std::move(leased.lease),
                               .counters = leased.counters,
                               .head = std::move(*head)},
                      .envelope = std::move(leased.envelope),
                      .since = step.now.boot};
  uses_.knownTasks.applyRules(stocked.task);
  const auto& task = stocked.task;
  const bool isOver = !leased.cancelledBy.empty() || task.hasExpired(step.now.wall) || task.isGivenUp();
  if (!isOver && task.knownNameNumber == 0) return leaveToOthers(std::move(stocked), step);
  unknownNames_[broker].forget(task.head.id);
  if (isOver) return settleAlreadyOver(std::move(stocked), leased.cancelledBy, step);
  if (step.isStopping() || uses_.sessions.isPaused(broker)) return giveBack(std::move(stocked), step);
  if (uses_.sessions.isTooLong(broker, uses_.knownTasks.timeLimitOf(task)))
    return buryTooLong(std::move(stocked), step);
  if (!uses_.limitedNames.admit(stocked.task)) return uses_.limitedNames.giveBack(std::move(stocked), step);
  uses_.stock.add(std::move(stocked));
}

void Intake::settleAlreadyOver(StockedTask stocked, const std::string& cancelledBy, Step& step) {
  if (!cancelledBy.empty()) return settleCancelled(std::move(stocked), cancelledBy, step);
  if (stocked.task.hasExpired(step.now.wall)) return settleExpired(std::move(stocked), step);
  burySessionExpired(std::move(stocked), step);
}

void Intake::buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why, Step& step) {
  step.log(LogLevel::Error, "broker " + uses_.sessions.nameOf(broker) + ": buried a malformed task: " + why.message());
  auto id = task::idInMalformed(leased.envelope);
  auto stocked = undecodedTask(broker, uses_.sessions, std::move(leased), std::move(id));
  auto settlement =
      settlement::settlementOfMalformed(stocked.task, stocked.envelope, why.message(), step.now.wall, uses_.author);
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::recordBurials(event::BuriedByStore& buried, Step& step) {
  const auto epoch = uses_.sessions.epochOf(buried.broker);
  for (auto& [id, reason] : buried.burials) {
    step.log(LogLevel::Error, "broker " + uses_.sessions.nameOf(buried.broker) +
                                  ": the store has buried bytes that are no task, as " + id + ": " + reason);
    const settlement::HeldTask task{.broker = buried.broker, .epoch = epoch, .head = {.id = std::move(id)}};
    auto settlement = settlement::settlementOfMalformed(task, {}, reason, step.now.wall, uses_.author);
    uses_.batches.addBuried(task, std::move(settlement), step);
  }
}

void Intake::burySessionExpired(StockedTask stocked, Step& step) {
  auto settlement = settlement::settlementOfSessionExpired(stocked.task, stocked.envelope, step.now.wall, uses_.author);
  step.log(LogLevel::Error, settlement::describeFailure(settlement), settlement::logTaskOf(stocked.task));
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::buryTooLong(StockedTask stocked, Step& step) {
  auto settlement = settlement::settlementOfTooLongLimit(stocked.task, stocked.envelope,
                                                         uses_.sessions.longestTimeLimit(stocked.task.broker),
                                                         step.now.wall, uses_.author);
  step.log(LogLevel::Error, settlement::describeFailure(settlement), settlement::logTaskOf(stocked.task));
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::receive(event::AssignmentsTakenBack& taken, Step& step) {
  for (auto& [index, envelope] : taken.envelopes) {
    const CellRef cell{taken.slot, index};
    const bool isLost = uses_.slots.isLost(cell);
    StockedTask stocked{
        .task = uses_.slots.removeTakenBack(cell), .envelope = std::move(envelope), .since = step.now.boot};
    if (isLost || !uses_.sessions.isOpen(stocked.task.broker, stocked.task.epoch)) {
      uses_.charges.exempt(stocked.task);
    } else {
      receiveTakenBack(std::move(stocked), step);
    }
  }
}

void Intake::receiveTakenBack(StockedTask stocked, Step& step) {
  const auto broker = stocked.task.broker;
  if (step.isStopping() || uses_.sessions.isDetaching(broker) || uses_.sessions.isPaused(broker)) {
    giveBack(std::move(stocked), step);
  } else if (uses_.limitedNames.isPaused(stocked.task)) {
    uses_.limitedNames.giveBack(std::move(stocked), step);
  } else if (stocked.task.knownNameNumber == 0) {  // only an earlier configuration knew it
    leaveToOthers(std::move(stocked), step);
  } else {
    uses_.stock.addFirst(std::move(stocked));
  }
}

void Intake::leaveToOthers(StockedTask stocked, Step& step) {
  const auto& task = stocked.task;
  const auto delay = unknownNames_[task.broker].noteLease(task.head.id, task.head.name, step.now.boot);
  auto settlement = settlement::settlementOfUnknownName(task, stocked.envelope, delay, step.now.wall, uses_.author);
  step.log(LogLevel::Warning, "No task of this name is known here; it waits for a program that knows it.",
           settlement::logTaskOf(task));
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::settleCancelled(StockedTask stocked, const std::string& by, Step& step) {
  auto settlement = settlement::settlementOfCancelled(stocked.task, stocked.envelope, by, step.now.wall, uses_.author);
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::settleExpired(StockedTask stocked, Step& step) {
  auto settlement = settlement::settlementOfExpired(stocked.task, stocked.envelope, step.now.wall, uses_.author);
  step.log(LogLevel::Warning, settlement::describeFailure(settlement), settlement::logTaskOf(stocked.task));
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

void Intake::giveBack(StockedTask stocked, Step& step) {
  Settlement settlement{.kind = Settlement::Kind::GiveBack, .counters = stocked.task.counters};
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

// All but what stands aside.
void Intake::giveBackAllButAside(std::uint32_t broker, Step& step) {
  for (auto& stocked : uses_.stock.takeAll(broker)) {
    const bool isLimited = stocked.task.limitedName != 0 && !step.isStopping();
    isLimited ? uses_.limitedNames.giveBack(std::move(stocked), step) : giveBack(std::move(stocked), step);
  }
}

void Intake::giveBackStock(std::uint32_t broker, Step& step) {
  giveBackAllButAside(broker, step);
  for (auto& stocked : uses_.stock.takeFromAside(broker, [](const StockedTask&) { return true; }))
    giveBack(std::move(stocked), step);
}

void Intake::giveBackStock(Step& step) {
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) giveBackStock(broker, step);
}

void Intake::giveBackOldStock(Step& step) {
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    auto& stock = uses_.stock;
    if (stock.hasFirst(broker) && step.now.boot - stock.first(broker).since > kStockPatience)
      giveBackAllButAside(broker, step);
  }
  uses_.limitedNames.giveBackOld(step);
}

}  // namespace leptir::dispatcher
