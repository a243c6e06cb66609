// The part of Core that handles events of brokers: sessions, leased tasks, lost leases, cancel requests.
#include "dispatcher/core.h"

#include <algorithm>
#include <utility>

#include "base/saturated.h"

namespace leptir::dispatcher {

using namespace std::chrono_literals;

void Core::on(event::BrokerOpened& opened) {
  auto& plan = brokers_[opened.broker];
  // Workers never begin tasks of an earlier epoch, so these are taken back.
  for (int slot = 0; slot < options_.slots && plan.epoch != opened.epoch; ++slot) actions_.takeBack.push_back(slot);
  plan.open = true;
  plan.epoch = opened.epoch;
  if (!opened.listsHeld) plan.heldTasksCompared = true;
  plan.knownEmpty = false;
}

void Core::on(event::BrokerClosed& closed) {
  auto& plan = brokers_[closed.broker];
  plan.open = false;
  plan.knownEmpty = true;
  plan.stock.clear();
}

void Core::on(event::Leased& leased) {
  auto& plan = brokers_[leased.broker];
  plan.delivered += leased.tasks.size();
  if (!plan.open || leased.epoch != plan.epoch) return;  // leased in a session that was lost meanwhile
  plan.knownEmpty = leased.nothingMoreDue;
  plan.counts.reset();
  for (auto& task : leased.tasks) receive(leased.broker, std::move(task));
}

void Core::receive(std::uint32_t broker, LeasedTask leased) {
  auto head = task::decodeEnvelope(leased.envelope);
  if (!head) return buryMalformed(broker, std::move(leased), head.error());
  auto& plan = brokers_[broker];
  StockedTask stocked{.task = {.broker = broker,
                               .epoch = plan.epoch,
                               .lease = std::move(leased.lease),
                               .counters = leased.counters,
                               .head = std::move(*head)},
                      .envelope = std::move(leased.envelope),
                      .since = now_.boot};
  applyRules(stocked.task);
  const bool isCancelled = !leased.cancelledBy.empty();
  if (!isCancelled && options_.names.find(stocked.task.head.name) == options_.names.end())
    return leaveUnknownToOthers(std::move(stocked));
  plan.unknown.forget(stocked.task.head.id);
  if (isCancelled) return settleCancelledInStock(std::move(stocked), leased.cancelledBy);
  if (stopping_) return giveBack(std::move(stocked));
  plan.stock.push_back(std::move(stocked));
}

void Core::buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why) {
  auto& batch = batchOf(broker);
  batch.envelopes.push_back(std::move(leased.envelope));
  batch.bury.push_back(
      {std::move(leased.lease), leased.counters, "malformed: " + why.message(), batch.envelopes.back()});
  ++batch.failed;
  actions_.log.emplace_back(LogLevel::Error,
                            "broker " + options_.brokerNames[broker] + ": buried a malformed task: " + why.message());
}

void Core::leaveUnknownToOthers(StockedTask stocked) {
  const auto delay =
      brokers_[stocked.task.broker].unknown.noteLease(stocked.task.head.id, stocked.task.head.name, now_.boot);
  auto settlement = settlement::settleUnknownName(stocked.task, stocked.envelope, delay, now_.wall, options_.author);
  actions_.log.emplace_back(LogLevel::Warning,
                            settlement::logPrefix(stocked.task) +
                                "No task of this name is known here; it waits for a program that knows it.");
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

void Core::giveBack(StockedTask stocked) {
  settlement::Settlement settlement{.kind = settlement::Settlement::Kind::GiveBack, .counters = stocked.task.counters};
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

// A task that was cancelled before it could begin.
void Core::settleCancelledInStock(StockedTask stocked, const std::string& cancelledBy) {
  auto settlement =
      settlement::settleCancelled(stocked.task, stocked.envelope, cancelledBy, now_.wall, options_.author);
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  ++batch.failed;
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

void Core::giveBackStock(BrokerState& plan) {
  for (auto& stocked : plan.stock) giveBack(std::move(stocked));
  plan.stock.clear();
}

void Core::on(event::HeldTasksListed& held) {
  auto& plan = brokers_[held.broker];
  if (!plan.open || held.epoch != plan.epoch) return;
  for (auto& leased : held.tasks) {
    if (isHeld(held.broker, leased.lease)) continue;
    if (plan.chargesCrash && !plan.notCharged.contains(leased.lease)) {
      chargeCrash(held.broker, std::move(leased));
      continue;
    }
    // The reply to the lease was lost, or the dispatcher that received it died before it assigned the task. The task is
    // released as if it had never been leased.
    auto& batch = batchOf(held.broker);
    batch.envelopes.push_back(std::move(leased.envelope));
    batch.release.push_back(
        {.lease = std::move(leased.lease), .counters = leased.counters, .due = {}, .envelope = batch.envelopes.back()});
  }
  plan.heldTasksCompared = true;
  plan.chargesCrash = false;
  plan.notCharged.clear();
  loseLeasesNotIn(held);
}

// A task that was leased alone and never reached a cell is presumed to have crashed the last dispatcher. Its envelope
// is not decoded: decoding may be what crashed it.
void Core::chargeCrash(std::uint32_t broker, LeasedTask leased) {
  const auto lease = leased.lease;
  auto& batch = batchOf(broker);
  batch.envelopes.push_back(std::move(leased.envelope));
  base::incrementSaturated(leased.counters.crashes);
  const auto times = std::to_string(leased.counters.crashes);
  const auto delay = settlement::delayAfterCrash(leased.counters.crashes);
  if (delay) {
    batch.release.push_back({lease, leased.counters, now_.wall + *delay, batch.envelopes.back()});
  } else {
    batch.bury.push_back({lease, leased.counters,
                          "the dispatcher died while it held this task alone; crashes so far: " + times,
                          batch.envelopes.back()});
    ++batch.failed;
  }
  actions_.log.emplace_back(LogLevel::Error,
                            "broker " + options_.brokerNames[broker] +
                                ": the dispatcher crashed while it held a single task; charging the task with crash " +
                                times + (delay ? "" : " and burying it"));
}

// Tasks that the store no longer lists as held by us end without a record: another instance may be running them.
void Core::loseLeasesNotIn(const event::HeldTasksListed& held) {
  std::set<LeaseId> known;
  for (const auto& task : held.tasks) known.insert(task.lease);
  std::vector<LeaseId> lost;
  const auto look = [&](const settlement::HeldTask& task) {
    const bool ours = task.broker == held.broker && task.epoch == held.epoch;
    if (ours && !known.contains(task.lease)) lost.push_back(task.lease);
  };
  for (const auto& stocked : brokers_[held.broker].stock) look(stocked.task);
  slots_.forEachTask(look);
  event::LeasesLost all{held.broker, std::move(lost)};
  if (!all.leases.empty()) on(all);
}

bool Core::isHeld(std::uint32_t broker, const LeaseId& lease) const {
  const auto same = [&](const settlement::HeldTask& task) { return task.broker == broker && task.lease == lease; };
  const auto& plan = brokers_[broker];
  if (std::any_of(plan.stock.begin(), plan.stock.end(), [&](const StockedTask& stocked) { return same(stocked.task); }))
    return true;
  bool found = false;
  slots_.forEachTask([&](const settlement::HeldTask& task) { found = found || same(task); });
  const auto settling = [&](const SettleBatch& batch) {
    const auto isLease = [&](const auto& entry) { return entry.lease == lease; };
    return batch.broker == broker &&
           (std::find(batch.acknowledge.begin(), batch.acknowledge.end(), lease) != batch.acknowledge.end() ||
            std::any_of(batch.release.begin(), batch.release.end(), isLease) ||
            std::any_of(batch.bury.begin(), batch.bury.end(), isLease));
  };
  for (const auto& [id, pending] : pending_) found = found || settling(*pending.first);
  return found || (plan.batch && settling(*plan.batch));
}

void Core::on(event::LeasesLost& lost) {
  auto& stock = brokers_[lost.broker].stock;
  const auto isLost = [&](const StockedTask& stocked) {
    return std::find(lost.leases.begin(), lost.leases.end(), stocked.task.lease) != lost.leases.end();
  };
  stock.erase(std::remove_if(stock.begin(), stock.end(), isLost), stock.end());
  for (const auto& lease : lost.leases) {
    const auto cell = slots_.find(lost.broker, lease);
    if (!cell) continue;
    slots_.setLost(*cell);
    actions_.requests.push_back({*cell, link::StopReason::LeaseLost, {}});
  }
}

void Core::on(event::CancelRequested& cancelled) {
  auto& stock = brokers_[cancelled.broker].stock;
  for (const auto& [lease, by] : cancelled.requests) {
    const auto stocked = std::ranges::find(stock, lease, [](const StockedTask& entry) { return entry.task.lease; });
    if (stocked != stock.end()) {
      settleCancelledInStock(std::move(*stocked), by);
      stock.erase(stocked);
    } else if (const auto cell = slots_.find(cancelled.broker, lease)) {
      actions_.requests.push_back({*cell, link::StopReason::Cancel, by});
    }
  }
}

void Core::on(event::Counted& counted) {
  brokers_[counted.broker].counts = counted.counts;
  logWhatDrainWaitsFor();
}

}  // namespace leptir::dispatcher
