#include "dispatcher/crash_charges.h"

#include <string>
#include <utility>

#include "dispatcher/undecoded_task.h"
#include "settlement/settlement.h"
#include "task/envelope_counters.h"

namespace leptir::dispatcher {

CrashCharges::CrashCharges(const CoreOptions& options, const BrokerSessions& sessions, SettleBatches& batches)
    : options_(options), sessions_(sessions), batches_(batches) {
  for (const auto& broker : options.brokers) brokers_.push_back({.chargesLastCrash = broker.wasLeasedSingly});
}

void CrashCharges::exempt(const settlement::HeldTask& task) {
  auto& broker = brokers_[task.broker];
  if (broker.chargesLastCrash) broker.exempt.insert(task.lease);
}

bool CrashCharges::isCharged(std::uint32_t broker, const LeaseId& lease) const {
  return brokers_[broker].chargesLastCrash && !brokers_[broker].exempt.contains(lease);
}

// The envelope is not decoded: decoding may be what crashed the dispatcher.
void CrashCharges::charge(std::uint32_t broker, LeasedTask leased, Step& step) {
  auto id = task::findIdWithoutParsing(leased.envelope);
  auto stocked = undecodedTask(broker, sessions_, std::move(leased), std::move(id));
  auto settlement =
      settlement::settlementOfDispatcherCrash(stocked.task, stocked.envelope, step.now.wall, options_.author);
  const bool isBuried = settlement.kind == settlement::Settlement::Kind::Bury;
  step.log(LogLevel::Error, "broker " + sessions_.nameOf(broker) +
                                ": the dispatcher crashed while it held a single task; charging the task with crash " +
                                std::to_string(settlement.counters.crashes) + (isBuried ? " and burying it" : ""));
  batches_.add(std::move(stocked), std::move(settlement), step);
}

}  // namespace leptir::dispatcher
