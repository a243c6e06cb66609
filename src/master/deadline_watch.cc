#include "master/deadline_watch.h"

#include <algorithm>

#include "base/saturated.h"

namespace leptir::master {
namespace {

// When the lease of a task ends, according to the shared page; min: the lease is lost already.
BootTime leaseEnd(const RunningTask& task, const link::SharedPage& page) {
  if (task.broker == link::kNoBroker) return BootTime::max();
  if (task.broker >= base::kMaxBrokers) return BootTime::min();
  const auto& line = page.brokers[task.broker];
  if (line.epoch.load() != task.epoch) return BootTime::min();
  return BootTime(Duration(line.leaseEndsBoot.load()));
}

// The stage of a shutdown at which the task is ended. Error reports may go on until the dispatcher has ended, which
// waits for them, but not for long.
link::ShutdownStage stopStageOf(const RunningTask& task) {
  return task.broker == link::kNoBroker ? link::ShutdownStage::Leave : link::ShutdownStage::Now;
}

BootTime timeLimitEnd(const RunningTask& task, BootTime started) {
  return task.timeLimit <= Duration::zero() ? BootTime::max() : base::saturatedAdd(started, task.timeLimit);
}

// `end` minus `margin`; an end of max or min stays as it is.
BootTime before(BootTime end, Duration margin) {
  return end == BootTime::max() || end < BootTime(margin) ? end : end - margin;
}

}  // namespace

void DeadlineWatch::begin(BootTime now) {
  lastCheck_ = now;
  task_.reset();
  killAt_ = next_ = BootTime::max();
}

void DeadlineWatch::noteBegin(const RunningTask& running, BootTime now) {
  const bool same = task_ && task_->cell == running.cell && task_->word.generation == running.word.generation;
  if (!same) {
    started_ = running.begun > lastCheck_ && running.begun <= now ? running.begun : now;
    killAt_ = BootTime::max();
  }
  task_ = running;
  lastCheck_ = now;
}

DeadlineWatch::Decision DeadlineWatch::check(const std::optional<RunningTask>& running, const link::SharedPage& page,
                                             BootTime now) {
  if (!running) {
    lastCheck_ = now;
    killAt_ = next_ = BootTime::max();
    return {};
  }
  noteBegin(*running, now);
  const auto lease = leaseEnd(*running, page);
  if (running->word.state == link::CellState::Stopping) {
    // The master has not stopped this task, so the worker overwrote its state word: kill it now.
    if (killAt_ == BootTime::max()) killAt_ = now;
    killAt_ = std::min(killAt_, before(lease, page.leaseTimes.killBeforeEnd()));
    next_ = killAt_;
    return {now >= killAt_ ? Act::Kill : Act::Nothing, link::StopReason::None};
  }
  const auto limit = timeLimitEnd(*running, started_);
  next_ = std::min(limit, before(lease, page.leaseTimes.termBeforeEnd()));
  if (page.stopping.load() >= stopStageOf(*running)) return {Act::Stop, link::StopReason::Shutdown};
  if (now >= before(lease, page.leaseTimes.termBeforeEnd())) return {Act::Stop, link::StopReason::LeaseLost};
  if (running->stopRequest != link::StopReason::None) return {Act::Stop, running->stopRequest};
  if (now >= limit) return {Act::Stop, link::StopReason::TimeLimit};
  return {};
}

void DeadlineWatch::noteStop(link::StopReason reason, const link::SharedPage& page, BootTime now) {
  const auto lease = task_ ? before(leaseEnd(*task_, page), page.leaseTimes.killBeforeEnd()) : BootTime::max();
  const bool leaseEnds =
      reason == link::StopReason::LeaseLost && task_ && task_->stopRequest != link::StopReason::LeaseLost;
  killAt_ = leaseEnds ? lease : std::min(lease, base::saturatedAdd(now, killGrace_));
  next_ = killAt_;
}

}  // namespace leptir::master
