#include "master/dispatcher_supervisor.h"
#include "base/exit_code.h"
#include "base/failpoint.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

// Exit status of a dispatcher whose store can never be used (sysexits: EX_UNAVAILABLE).
// When the master itself did not run for so long (suspended, stopped, starved), a missing beat proves nothing.
constexpr Duration kMasterStall = 1s;
// After two deaths within kQuickSuccession tasks are leased one at a time, until kSingleLeasesFor after the last death:
// so a task that kills dispatchers is identified. A dispatcher that hangs dies late, so the time is long enough for
// that.
constexpr Duration kQuickSuccession = 60s, kSingleLeasesFor = 60s;
// The dispatcher only has to finish its current round.
constexpr Duration kLongestHandOver = 2s;

}  // namespace

DispatcherSupervisor::DispatcherSupervisor(MasterContext& children)
    : context_(children), backoff_(RestartBackoff::forDispatcher(0)) {}

void DispatcherSupervisor::tick(BootTime now) {
  if (child_) return watchBeat(now);
  if (!ended_ && !handOverUntil_ && now >= startAt_) startChild(now);
}

void DispatcherSupervisor::startChild(BootTime now) {
  auto& page = context_.link.page();
  page.dispatcherExitReason = link::DispatcherExitReason::None;
  page.dispatcherSleeps = 0;
  beat_ = now.time_since_epoch().count();
  page.dispatcherBeat = beat_;
  beatSince_ = started_ = lastTick_ = now;
  if (progressAt_ == BootTime{}) progressAt_ = now;
  killed_ = false;
  child_ = context_.start("The dispatcher", context_.mains.dispatcher);
  LEPTIR_FAILPOINT("master.after_dispatcher_start");
  if (child_) return;
  ++diedAtOnce_;
  startAt_ = now + std::max<Duration>(backoff_.after(Duration::zero(), false), 100ms);
}

void DispatcherSupervisor::watchBeat(BootTime now) {
  const auto beat = context_.link.page().dispatcherBeat.load();
  if (beat != std::exchange(beat_, beat)) {
    beatSince_ = progressAt_ = now;
    diedAtOnce_ = 0;
  }
  if (const auto gap = now - lastTick_; gap > kMasterStall) {
    beatSince_ += gap;
    progressAt_ += gap;
  }
  lastTick_ = now;
  if (handOverUntil_ && now >= *handOverUntil_) kill("does not hand over to its successor and is killed");
  if (now - beatSince_ > context_.options.dispatcherBeat) kill("makes no progress, is killed and replaced");
}

void DispatcherSupervisor::kill(const std::string& why) {
  if (std::exchange(killed_, true)) return;
  child_->signal(SIGKILL);
  context_.log.error("The dispatcher (pid " + std::to_string(child_->pid()) + ") " + why + ".");
}

bool DispatcherSupervisor::reaped(const ExitReport& death, link::ShutdownStage stopping) {
  if (!child_ || child_->pid() != death.pid) return false;
  child_.reset();
  context_.pids.erase(death.pid);
  if (!ended_) ended_ = meaningOf(death, stopping);
  if (ended_ || handOverUntil_) {
    const bool asExpected = ended_ || killed_ || (death.signal == 0 && death.exitCode == 0);
    if (!asExpected)
      context_.log.warning("The dispatcher (pid " + std::to_string(death.pid) + ") " + describe(death) + ".");
    return true;
  }
  ++context_.link.page().dispatcherDeaths;
  ++diedAtOnce_;
  noteDeath(death.at);
  startAt_ = death.at + backoff_.after(death.at - started_, false);
  context_.log.error("The dispatcher (pid " + std::to_string(death.pid) + ") " + describe(death) +
                     " and is started again.");
  return true;
}

void DispatcherSupervisor::noteDeath(BootTime now) {
  auto& until = context_.link.page().singleLeasesUntil;
  const bool careful = BootTime(Duration(until.load())) > now;
  const bool again = lastDeath_ && now - *lastDeath_ <= kQuickSuccession;
  lastDeath_ = now;
  if (again || careful) until = (now + kSingleLeasesFor).time_since_epoch().count();
  if (again && !careful)
    context_.log.warning(
        "Two dispatchers died within a minute: until one lives for a minute tasks are leased one at a time.");
}

std::optional<MasterEnd> DispatcherSupervisor::meaningOf(const ExitReport& death, link::ShutdownStage stopping) const {
  const bool exited = death.signal == 0;
  if (exited && death.exitCode == base::kExitStoreUnusable) return MasterEnd::StoreUnusable;
  switch (context_.link.page().dispatcherExitReason.load()) {
    case link::DispatcherExitReason::StoreUnusable:
      return MasterEnd::StoreUnusable;
    case link::DispatcherExitReason::DrainedEmpty:
      if (exited && death.exitCode == 0) return MasterEnd::DrainedEmpty;
      break;
    case link::DispatcherExitReason::DrainedExceptUnknown:
      if (exited) return MasterEnd::DrainedExceptUnknown;
      break;
    case link::DispatcherExitReason::SessionsLeftToExpire:
      if (exited && stopping != link::ShutdownStage::No) return MasterEnd::SessionsLeftToExpire;
      break;
    case link::DispatcherExitReason::Finished:
      if (exited && death.exitCode == 0 && stopping != link::ShutdownStage::No) return MasterEnd::Stopped;
      break;
    case link::DispatcherExitReason::HandedOver:
    case link::DispatcherExitReason::None:
      break;
  }
  return std::nullopt;
}

BootTime DispatcherSupervisor::next() const {
  if (handOverUntil_) return child_ && !killed_ ? *handOverUntil_ : BootTime::max();
  return child_ || ended_ ? BootTime::max() : startAt_;
}

void DispatcherSupervisor::handOver(BootTime now) {
  handOverUntil_ = now + kLongestHandOver;
  context_.link.page().handOver = 1;
  context_.link.dispatcherBell().ring();
}

void DispatcherSupervisor::startSuccessor(BootTime now) {
  handOverUntil_.reset();
  // This exit was requested, so no task that was leased but not assigned yet is suspected to have caused it.
  for (auto& line : context_.link.page().brokers) line.leasedSingly = 0;
  for (int slot = 0; slot < context_.link.workers(); ++slot) context_.link.slot(slot).forgetSettleTries();
  context_.link.page().handOver = 0;
  startAt_ = now;
}

void DispatcherSupervisor::giveUp() {
  if (child_) kill("is killed: the instance ends without it");
  ended_ = MasterEnd::SessionsLeftToExpire;
}

void DispatcherSupervisor::closeInChild() {
  if (child_) child_->closeInChild();
}

}  // namespace leptir::master
