#include "master/dispatcher_keeper.h"
#include "base/failpoint.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Exit status of a dispatcher whose store can never be used (sysexits: EX_UNAVAILABLE).
constexpr int kStoreUnusable = 69;
// The master itself did not run for so long (suspended, stopped, starved) that a missing beat says nothing.
constexpr Duration kGap = 1s;
// One that hangs is replaced after half a minute, so that is what two deaths of one cause may lie apart. Two deaths
// within the first, and until it has lived as long as the second one task is leased at a time, so that one
// that kills dispatchers shows itself.
constexpr Duration kDiesOften = 60s, kCalm = 60s;
// It only has to finish the turn that it is in.
constexpr Duration kLongestHandOver = 2s;

}  // namespace

DispatcherKeeper::DispatcherKeeper(Children& children) : children_(children), pause_(RestartPause::forDispatcher(0)) {}

void DispatcherKeeper::tick(BootTime now) {
  if (child_) return watchBeat(now);
  if (!ended_ && !handOverUntil_ && now >= startAt_) startOne(now);
}

void DispatcherKeeper::startOne(BootTime now) {
  auto& page = children_.link.page();
  page.dispatcherSays = DispatcherSays::Nothing;
  page.dispatcherSleeps = 0;
  beat_ = now.time_since_epoch().count();
  page.dispatcherBeat = beat_;
  beatSince_ = started_ = lastTick_ = now;
  if (progressAt_ == BootTime{}) progressAt_ = now;
  killed_ = false;
  child_ = children_.start("The dispatcher", children_.mains.dispatcher);
  LEPTIR_FAILPOINT("master.after_dispatcher_start");
  if (child_) return;
  ++diedAtOnce_;
  startAt_ = now + std::max<Duration>(pause_.after(Duration::zero(), false), 100ms);
}

void DispatcherKeeper::watchBeat(BootTime now) {
  const auto beat = children_.link.page().dispatcherBeat.load();
  if (beat != std::exchange(beat_, beat)) {
    beatSince_ = progressAt_ = now;
    diedAtOnce_ = 0;
  }
  if (const auto gap = now - lastTick_; gap > kGap) {
    beatSince_ += gap;
    progressAt_ += gap;
  }
  lastTick_ = now;
  if (handOverUntil_ && now >= *handOverUntil_) kill("does not hand over to its successor and is killed");
  if (now - beatSince_ > children_.options.dispatcherBeat) kill("makes no progress, is killed and replaced");
}

void DispatcherKeeper::kill(const std::string& why) {
  if (std::exchange(killed_, true)) return;
  child_->signal(SIGKILL);
  children_.log.error("The dispatcher (pid " + std::to_string(child_->pid()) + ") " + why + ".");
}

bool DispatcherKeeper::reaped(const DeathCertificate& death, Stopping stopping) {
  if (!child_ || child_->pid() != death.pid) return false;
  child_.reset();
  children_.pids.erase(death.pid);
  if (!ended_) ended_ = meaningOf(death, stopping);
  if (ended_ || handOverUntil_) {
    const bool asExpected = ended_ || killed_ || (death.signal == 0 && death.exitCode == 0);
    if (!asExpected)
      children_.log.warning("The dispatcher (pid " + std::to_string(death.pid) + ") " + describe(death) + ".");
    return true;
  }
  ++children_.link.page().dispatcherDeaths;
  ++diedAtOnce_;
  noteDeath(death.at);
  startAt_ = death.at + pause_.after(death.at - started_, false);
  children_.log.error("The dispatcher (pid " + std::to_string(death.pid) + ") " + describe(death) +
                      " and is started again.");
  return true;
}

void DispatcherKeeper::noteDeath(BootTime now) {
  auto& until = children_.link.page().carefulUntil;
  const bool careful = BootTime(Duration(until.load())) > now;
  const bool again = lastDeath_ && now - *lastDeath_ <= kDiesOften;
  lastDeath_ = now;
  if (again || careful) until = (now + kCalm).time_since_epoch().count();
  if (again && !careful)
    children_.log.warning(
        "Two dispatchers died within a minute: until one lives for a minute tasks are leased one at a time.");
}

std::optional<MasterEnd> DispatcherKeeper::meaningOf(const DeathCertificate& death, Stopping stopping) const {
  const bool exited = death.signal == 0;
  if (exited && death.exitCode == kStoreUnusable) return MasterEnd::StoreUnusable;
  switch (children_.link.page().dispatcherSays.load()) {
    case DispatcherSays::StoreUnusable:
      return MasterEnd::StoreUnusable;
    case DispatcherSays::DrainedEmpty:
      if (exited && death.exitCode == 0) return MasterEnd::DrainedEmpty;
      break;
    case DispatcherSays::DrainedUnknown:
      if (exited) return MasterEnd::DrainedUnknown;
      break;
    case DispatcherSays::LeftToExpire:
      if (exited && stopping != Stopping::No) return MasterEnd::LeftToExpire;
      break;
    case DispatcherSays::Finished:
      if (exited && death.exitCode == 0 && stopping != Stopping::No) return MasterEnd::Stopped;
      break;
    case DispatcherSays::HandedOver:
    case DispatcherSays::Nothing:
      break;
  }
  return std::nullopt;
}

BootTime DispatcherKeeper::next() const {
  if (handOverUntil_) return child_ && !killed_ ? *handOverUntil_ : BootTime::max();
  return child_ || ended_ ? BootTime::max() : startAt_;
}

void DispatcherKeeper::handOver(BootTime now) {
  handOverUntil_ = now + kLongestHandOver;
  children_.link.page().handOver = 1;
  children_.link.dispatcherBell().ring();
}

void DispatcherKeeper::goOn(BootTime now) {
  handOverUntil_.reset();
  // What it had leased and not yet assigned is nobody's fault.
  for (auto& line : children_.link.page().brokers) line.leasedAlone = 0;
  for (int slot = 0; slot < children_.link.workers(); ++slot) children_.link.slot(slot).forgetSettleTries();
  children_.link.page().handOver = 0;
  startAt_ = now;
}

void DispatcherKeeper::giveUp() {
  if (child_) kill("is killed: the instance ends without it");
  ended_ = MasterEnd::LeftToExpire;
}

void DispatcherKeeper::closeInChild() {
  if (child_) child_->closeInChild();
}

}  // namespace leptir
