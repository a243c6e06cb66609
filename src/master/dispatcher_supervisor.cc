#include "master/dispatcher_supervisor.h"

#include <csignal>
#include <utility>

#include "base/exit_code.h"
#include "base/failpoint.h"

namespace leptir::master {
namespace {

// After two deaths within kMaxTimeBetweenDeaths tasks are leased one at a time, until kSingleLeasesDuration after the
// last death: so a task that kills dispatchers is identified. A dispatcher that hangs dies late, so the time is long
// enough for that.
constexpr Duration kMaxTimeBetweenDeaths = std::chrono::minutes(1), kSingleLeasesDuration = std::chrono::minutes(1);
// The dispatcher only has to finish its current round.
constexpr Duration kMaxHandOverTime = std::chrono::seconds(2);

// Whether the dispatcher exited as the end that it wrote before says.
bool isConfirmedByExit(link::InstanceEnd end, const ExitReport& report, bool stopping) {
  switch (end) {
    case link::InstanceEnd::StoreUnusable:
      return true;
    case link::InstanceEnd::DrainedEmpty:
      return report.exitedWithStatusZero();
    case link::InstanceEnd::DrainedExceptUnknown:
      return report.signal == 0;
    case link::InstanceEnd::SessionsLeftToExpire:
      return report.signal == 0 && stopping;
    case link::InstanceEnd::Stopped:
      return report.exitedWithStatusZero() && stopping;
    case link::InstanceEnd::None:
    case link::InstanceEnd::Failed:
      return false;
  }
  return false;
}

}  // namespace

DispatcherSupervisor::DispatcherSupervisor(MasterContext& context)
    : context_(context), backoff_(RestartBackoff::forDispatcher(0)) {}

void DispatcherSupervisor::tick(BootTime now) {
  if (child_) return watchBeat(now);
  if (!instanceEnd_ && !handOverUntil_ && now >= startAt_) startChild(now);
}

void DispatcherSupervisor::startChild(BootTime now) {
  auto& page = context_.link.page();
  page.instanceEnd = link::InstanceEnd::None;
  page.dispatcherSleeps = 0;
  beat_ = now.time_since_epoch().count();
  page.dispatcherBeat = beat_;
  beatSince_ = started_ = now;
  stalls_.begin(now);
  if (progressAt_ == BootTime{}) progressAt_ = now;
  killed_ = false;
  child_ = context_.start("The dispatcher", context_.mains.dispatcher);
  LEPTIR_FAILPOINT("master.after_dispatcher_start");
  if (child_) {
    metrics::add(counters().starts);
    context_.board.metrics().dispatcherPid = child_->pid();
    return;
  }
  ++failedStarts_;
  startAt_ = now + backoff_.afterFailedStart();
}

void DispatcherSupervisor::watchBeat(BootTime now) {
  const auto beat = context_.link.page().dispatcherBeat.load();
  if (beat != std::exchange(beat_, beat)) {
    beatSince_ = progressAt_ = now;
    failedStarts_ = 0;
  }
  const auto stall = stalls_.stallBefore(now);
  beatSince_ += stall;
  progressAt_ += stall;
  if (handOverUntil_ && now >= *handOverUntil_) kill("does not hand over to its successor and is killed");
  if (now - beatSince_ > context_.options.dispatcherHangTimeout) kill("makes no progress, is killed and replaced");
}

void DispatcherSupervisor::kill(const std::string& why) {
  if (std::exchange(killed_, true)) return;
  child_->signal(SIGKILL);
  metrics::add(counters().kills);
  context_.log.error("The dispatcher (pid " + std::to_string(child_->pid()) + ") " + why + ".");
}

bool DispatcherSupervisor::handleExit(const ExitReport& report, link::ShutdownStage stopping) {
  if (!child_ || child_->pid() != report.pid) return false;
  child_.reset();
  context_.board.metrics().dispatcherPid = 0;
  context_.processes.removeChild(report.pid);
  if (!instanceEnd_) instanceEnd_ = endAfter(report, stopping);
  if (instanceEnd_ || handOverUntil_) {
    logExpectedExit(report);
  } else {
    handleUnexpectedDeath(report);
  }
  return true;
}

void DispatcherSupervisor::logExpectedExit(const ExitReport& report) const {
  if (instanceEnd_ || killed_ || report.exitedWithStatusZero()) return;
  context_.log.warning("The dispatcher (pid " + std::to_string(report.pid) + ") " + describe(report) + ".");
}

void DispatcherSupervisor::handleUnexpectedDeath(const ExitReport& report) {
  ++context_.link.page().dispatcherDeaths;
  if (!killed_) metrics::add(counters().crashes);
  ++failedStarts_;
  limitLeasesAfterDeath(report.at);
  startAt_ = report.at + backoff_.after(report.at - started_, false);
  context_.log.error("The dispatcher (pid " + std::to_string(report.pid) + ") " + describe(report) +
                     " and is started again.");
}

void DispatcherSupervisor::limitLeasesAfterDeath(BootTime now) {
  auto& until = context_.link.page().singleLeasesUntil;
  const bool careful = BootTime(Duration(until.load())) > now;
  const bool again = lastDeath_ && now - *lastDeath_ <= kMaxTimeBetweenDeaths;
  lastDeath_ = now;
  if (again || careful) until = (now + kSingleLeasesDuration).time_since_epoch().count();
  if (again && !careful)
    context_.log.warning(
        "Two dispatchers died within a minute: until one lives for a minute tasks are leased one at a time.");
}

std::optional<link::InstanceEnd> DispatcherSupervisor::endAfter(const ExitReport& report,
                                                                link::ShutdownStage stopping) const {
  if (report.signal == 0 && report.exitCode == base::kExitStoreUnusable) return link::InstanceEnd::StoreUnusable;
  const auto end = context_.link.page().instanceEnd.load();
  const bool counts = isConfirmedByExit(end, report, stopping != link::ShutdownStage::No);
  return counts ? std::optional(end) : std::nullopt;
}

BootTime DispatcherSupervisor::next() const {
  if (handOverUntil_) return child_ && !killed_ ? *handOverUntil_ : BootTime::max();
  return child_ || instanceEnd_ ? BootTime::max() : startAt_;
}

void DispatcherSupervisor::requestHandOver(BootTime now) {
  handOverUntil_ = now + kMaxHandOverTime;
  context_.link.page().handOver = 1;
  context_.link.dispatcherBell().ring();
}

void DispatcherSupervisor::startSuccessor(BootTime now) {
  handOverUntil_.reset();
  // This exit was requested, so no task that was leased but not assigned yet is suspected to have caused it.
  for (auto& line : context_.link.page().brokers) line.singleLeaseMode = 0;
  for (int slot = 0; slot < context_.link.workers(); ++slot)
    context_.link.slot(slot).assignments().forgetAllSettleStarts();
  context_.link.page().handOver = 0;
  startAt_ = now;
}

void DispatcherSupervisor::giveUp() {
  if (child_) kill("is killed: the instance ends without it");
  instanceEnd_ = link::InstanceEnd::SessionsLeftToExpire;
}

void DispatcherSupervisor::closeInChild() {
  if (child_) child_->closeInChild();
}

}  // namespace leptir::master
