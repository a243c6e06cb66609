#include "master/metrics_supervisor.h"

#include <csignal>
#include <utility>

namespace leptir::master {

void MetricsSupervisor::tick(BootTime now) {
  if (!child_ && isWanted() && now >= startAt_) start(now);
}

void MetricsSupervisor::start(BootTime now) {
  context_.board.showMetricsServer(context_.options.metricsListen);
  killed_ = false;
  started_ = now;
  child_ = context_.start("The metrics server", context_.mains.metricsServer);
  if (child_) {
    metrics::add(counters().starts);
    return context_.board.setMetricsServer(child_->pid());
  }
  startAt_ = now + backoff_.afterFailedStart();
}

bool MetricsSupervisor::reaped(const ExitReport& report) {
  if (!child_ || child_->pid() != report.pid) return false;
  child_.reset();
  context_.processes.removeChild(report.pid);
  context_.board.setMetricsServer(0);
  if (killed_) {
    startAt_ = report.at;
  } else {
    noteDeath(report);
  }
  return true;
}

// A server that dies again and again is in the log once, not at each of its deaths.
void MetricsSupervisor::noteDeath(const ExitReport& report) {
  const auto life = report.at - started_;
  metrics::add(counters().crashes);
  startAt_ = report.at + backoff_.after(life, false);
  const bool saidBefore = std::exchange(diesAgain_, life < RestartBackoff::kShortLife);
  if (saidBefore && diesAgain_) return;
  context_.log.error("The metrics server (pid " + std::to_string(report.pid) + ") " + describe(report) +
                     " and is started again. Tasks go on; metrics cannot be read meanwhile.");
}

void MetricsSupervisor::renew(BootTime now) {
  startAt_ = now;
  diesAgain_ = false;
  context_.board.showMetricsServer(context_.options.metricsListen);
  if (!child_ || std::exchange(killed_, true)) return;
  child_->signal(SIGKILL);  // it holds nothing that could be lost
}

void MetricsSupervisor::reopenLogs() const {
  if (child_) child_->signal(SIGUSR1);
}

void MetricsSupervisor::end() {
  ended_ = true;
  if (child_ && !std::exchange(killed_, true)) child_->signal(SIGKILL);
}

BootTime MetricsSupervisor::next() const {
  return !child_ && isWanted() ? startAt_ : BootTime::max();
}

void MetricsSupervisor::closeInChild() {
  if (child_) child_->closeInChild();
}

}  // namespace leptir::master
