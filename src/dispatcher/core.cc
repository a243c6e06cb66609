#include "dispatcher/core.h"

#include <utility>
#include <variant>

namespace leptir::dispatcher {

Core::Core(CoreOptions options, std::function<double()> random)
    : options_(std::move(options)),
      random_(std::move(random)),
      limitedNames_(
          options_.singleLeasesUntil,
          {.knownTasks = knownTasks_, .sessions = sessions_, .slots = slots_, .stock = stock_, .batches = batches_}),
      intake_({.author = options_.author,
               .knownTasks = knownTasks_,
               .sessions = sessions_,
               .slots = slots_,
               .stock = stock_,
               .batches = batches_,
               .charges = charges_,
               .limitedNames = limitedNames_}),
      assigner_({.random = random_,
                 .knownTasks = knownTasks_,
                 .sessions = sessions_,
                 .slots = slots_,
                 .stock = stock_,
                 .intake = intake_,
                 .limitedNames = limitedNames_}),
      pauses_({.sessions = sessions_, .limitedNames = limitedNames_, .intake = intake_, .assigner = assigner_}),
      settling_({.author = options_.author,
                 .random = random_,
                 .knownTasks = knownTasks_,
                 .sessions = sessions_,
                 .slots = slots_,
                 .batches = batches_}),
      leaseCredit_(options_.singleLeasesUntil, {.sessions = sessions_,
                                                .slots = slots_,
                                                .stock = stock_,
                                                .batches = batches_,
                                                .charges = charges_,
                                                .limitedNames = limitedNames_}),
      heldLeases_({.sessions = sessions_,
                   .slots = slots_,
                   .stock = stock_,
                   .batches = batches_,
                   .charges = charges_,
                   .intake = intake_}),
      drain_(options_.drain, {.sessions = sessions_, .stock = stock_, .intake = intake_, .leases = heldLeases_}),
      shutdown_({.slots = slots_, .leases = heldLeases_, .drain = drain_}) {}

Actions Core::step(std::vector<Event>&& events, ClockReading now) {
  Step step{.now = now, .stoppedAt = shutdown_.stoppedAt()};
  for (auto& event : events) std::visit([&](auto& happened) { on(happened, step); }, event);
  assigner_.assign(step);
  batches_.handOut(slots_.areManyAboutToEnd() ? SettleBatches::HandOut::OnceLarge : SettleBatches::HandOut::AtOnce,
                   step);
  leaseCredit_.publish(step);
  shutdown_.finishWhenDone(step);
  return std::move(step.actions);
}

std::vector<std::uint64_t> Core::tasksInFlight() const {
  std::vector<std::uint64_t> tasks(sessions_.count());
  for (std::uint32_t broker = 0; broker < sessions_.count(); ++broker) tasks[broker] = stock_.size(broker);
  slots_.forEachTask([&](CellRef, const settlement::HeldTask& task) { ++tasks[task.broker]; });
  return tasks;
}

void Core::on(event::BrokerOpened& opened, Step& step) {
  const bool isNewEpoch = sessions_.open(opened.broker, opened.epoch, {opened.longestTimeLimit, opened.keepsBuried});
  if (isNewEpoch) assigner_.takeBackAllUnstarted(step);  // workers never begin tasks of an earlier epoch
  limitedNames_.noteOpened(opened, isNewEpoch);
  if (!opened.listsHeld) charges_.noteCompared(opened.broker);
  stock_.noteOpened(opened.broker);
  batches_.noteOpened(opened.broker, opened.isPaidPerRequest);
}

void Core::on(event::BrokerClosed& closed, Step&) {
  sessions_.close(closed.broker);
  stock_.noteClosed(closed.broker);
}

void Core::on(event::Leased& leased, Step& step) {
  intake_.receive(leased, step);
  drain_.forgetCounts(leased.broker);
}

void Core::on(event::PausesChanged& changed, Step& step) {
  pauses_.change(changed, step);
  drain_.notePauses(changed);
}

void Core::on(event::RecordsSaved& saved, Step& step) {
  batches_.noteSaved(saved.batch, step);
  shutdown_.noteProgress();
}

void Core::on(event::BatchSettled& settled, Step& step) {
  shutdown_.noteProgress();
  limitedNames_.noteSettled(settled.batch);
  const auto batch =
      settled.isLost ? batches_.noteLost(settled.batch, step) : batches_.noteSettled(settled.batch, step);
  if (!batch) return;
  settling_.free(*batch, step);
  drain_.forgetCounts(batch->broker);
}

void Core::on(event::Tick&, Step& step) {
  settling_.settleEndedBySigterm(step);
  assigner_.takeBackFromBlockedSlots(step);
  heldLeases_.publishRunning(step);
  detachUnusedBrokers(step);
  intake_.giveBackOldStock(step);
  drain_.askForCounts(step);
}

void Core::on(event::Stop&, Step& step) {
  shutdown_.begin(step);
  settling_.settleEndedBySigterm(step);
  intake_.giveBackStock(step);
  assigner_.takeBackAllUnstarted(step);
}

void Core::detachUnusedBrokers(Step& step) {
  for (std::uint32_t broker = 0; broker < sessions_.count(); ++broker) {
    if (sessions_.isToBeDetached(broker) && heldLeases_.isEmpty(broker)) sessions_.detach(broker, step);
  }
}

}  // namespace leptir::dispatcher
