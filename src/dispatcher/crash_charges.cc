#include "dispatcher/crash_charges.h"

#include <string>
#include <utility>

#include "base/saturated.h"
#include "settlement/retry_delay.h"

namespace leptir::dispatcher {

CrashCharges::CrashCharges(const std::vector<BrokerSettings>& brokers, const BrokerSessions& sessions,
                           SettleBatches& batches)
    : sessions_(sessions), batches_(batches) {
  for (const auto& broker : brokers) brokers_.push_back({.charges = broker.wasLeasedSingly});
}

void CrashCharges::exempt(const settlement::HeldTask& task) {
  auto& broker = brokers_[task.broker];
  if (broker.charges) broker.exempt.insert(task.lease);
}

bool CrashCharges::isCharged(std::uint32_t broker, const LeaseId& lease) const {
  return brokers_[broker].charges && !brokers_[broker].exempt.contains(lease);
}

// The envelope is not decoded: decoding may be what crashed the dispatcher.
void CrashCharges::charge(std::uint32_t broker, LeasedTask leased, Step& step) {
  base::incrementSaturated(leased.counters.crashes);
  const auto crashes = std::to_string(leased.counters.crashes);
  const auto delay = settlement::delayAfterCrash(leased.counters.crashes);
  step.log(LogLevel::Error, "broker " + sessions_.nameOf(broker) +
                                ": the dispatcher crashed while it held a single task; charging the task with crash " +
                                crashes + (delay ? "" : " and burying it"));
  if (delay) {
    batches_.release(broker, std::move(leased), step.now.wall + *delay, step);
  } else {
    batches_.buryUndecoded(broker, std::move(leased), Cause::Crashed,
                           "the dispatcher died while it held this task alone; crashes so far: " + crashes, step);
  }
}

}  // namespace leptir::dispatcher
