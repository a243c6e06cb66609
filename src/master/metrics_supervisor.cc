#include "master/metrics_supervisor.h"

#include <sys/mman.h>

#include <csignal>
#include <new>
#include <utility>

#include "base/listen_address.h"
#include "base/stale_socket.h"

namespace leptir::master {

namespace {

// Outside of the link and of the status board, which the server cannot write to.
Beats* mapBeats() {
  void* memory = ::mmap(nullptr, sizeof(Beats), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Beats(0);
}

}  // namespace

void MetricsSupervisor::Unmap::operator()(Beats* beats) const {
  ::munmap(beats, sizeof(Beats));
}

MetricsSupervisor::MetricsSupervisor(MasterContext& context)
    : context_(context), backoff_(RestartBackoff::forWorker(kBackoffSeed)), beats_(mapBeats()) {}

void MetricsSupervisor::tick(BootTime now) {
  if (child_) watchBeats(now);
  if (!child_ && isWanted() && now >= startAt_) start(now);
}

void MetricsSupervisor::watchBeats(BootTime now) {
  const auto beats = beats_ ? beats_->load() : 0;
  if (beats != std::exchange(lastBeats_, beats)) beatsSince_ = now;
  beatsSince_ += stalls_.stallBefore(now);
  const bool hangs = beats_ && now - beatsSince_ > context_.options.metricsServerHangTimeout;
  if (!hangs || std::exchange(killed_, true)) return;
  child_->signal(SIGKILL);
  metrics::add(counters().kills);
  context_.log.error("The metrics server (pid " + std::to_string(child_->pid()) +
                     ") makes no progress, is killed and replaced. Tasks go on; metrics cannot be read meanwhile.");
}

void MetricsSupervisor::start(BootTime now) {
  context_.board.showMetricsServer(context_.options.metricsListen);
  killed_ = false;
  started_ = beatsSince_ = now;
  stalls_.begin(now);
  servedAt_ = context_.options.metricsListen;
  child_ = context_.start("The metrics server", [this] {
    Beats unwatched{0};
    return context_.mains.metricsServer(beats_ ? *beats_ : unwatched);
  });
  if (child_) {
    metrics::add(counters().starts);
    return context_.board.setMetricsServer(child_->pid());
  }
  startAt_ = now + backoff_.afterFailedStart();
}

bool MetricsSupervisor::handleExit(const ExitReport& report) {
  if (!child_ || child_->pid() != report.pid) return false;
  child_.reset();
  context_.processes.removeChild(report.pid);
  context_.board.setMetricsServer(0);
  removeSocket();
  if (killed_) {
    startAt_ = report.at;
  } else {
    noteDeath(report);
  }
  return true;
}

// Logs the first of several deaths that come soon after a start, not each of them.
void MetricsSupervisor::noteDeath(const ExitReport& report) {
  const auto life = report.at - started_;
  metrics::add(counters().crashes);
  startAt_ = report.at + backoff_.after(life, false);
  const bool wasLogged = std::exchange(diedEarly_, life < RestartBackoff::kShortLife);
  if (wasLogged && diedEarly_) return;
  context_.log.error("The metrics server (pid " + std::to_string(report.pid) + ") " + describe(report) +
                     " and is started again. Tasks go on; metrics cannot be read meanwhile.");
}

void MetricsSupervisor::replace(BootTime now) {
  startAt_ = now;
  diedEarly_ = false;
  context_.board.showMetricsServer(context_.options.metricsListen);
  if (!child_) removeSocket();
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

// The next server at the same address replaces the file by itself.
void MetricsSupervisor::removeSocket() {
  if (isWanted() && servedAt_ == context_.options.metricsListen) return;
  const auto address = base::parseListenAddress(servedAt_);
  if (address && address->isUnix()) base::removeStaleSocket(address->path);
}

BootTime MetricsSupervisor::next() const {
  return !child_ && isWanted() ? startAt_ : BootTime::max();
}

void MetricsSupervisor::closeInChild() {
  if (child_) child_->closeInChild();
}

}  // namespace leptir::master
