#include "master/deadline_watch.h"

#include <algorithm>

#include "base/saturated.h"

namespace leptir {
namespace {

// When the lease of a task ends by the page; min: it is lost already.
BootTime leaseEnd(const RunningTask& task, const SharedPage& page) {
  if (task.broker >= kMaxBrokers) return BootTime::min();
  const auto& line = page.brokers[task.broker];
  if (line.epoch.load() != task.epoch) return BootTime::min();
  return BootTime(Duration(line.leaseEndsBoot.load()));
}

BootTime limitOf(const RunningTask& task, BootTime started) {
  return task.timeLimit <= Duration::zero() ? BootTime::max() : saturatedAdd(started, task.timeLimit);
}

// `margin` before `end`, where an end of max or min stays what it is.
BootTime before(BootTime end, Duration margin) {
  return end == BootTime::max() || end < BootTime(margin) ? end : end - margin;
}

}  // namespace

void DeadlineWatch::begin(BootTime now) {
  lastLook_ = now;
  task_.reset();
  killAt_ = next_ = BootTime::max();
}

void DeadlineWatch::noteBegin(const RunningTask& running, BootTime now) {
  const bool same = task_ && task_->cell == running.cell && task_->word.generation == running.word.generation;
  if (!same) {
    started_ = running.begun > lastLook_ && running.begun <= now ? running.begun : now;
    killAt_ = BootTime::max();
  }
  task_ = running;
  lastLook_ = now;
}

DeadlineWatch::Decision DeadlineWatch::look(const std::optional<RunningTask>& running, const SharedPage& page,
                                            BootTime now) {
  if (!running) {
    lastLook_ = now;
    killAt_ = next_ = BootTime::max();
    return {};
  }
  noteBegin(*running, now);
  const auto lease = leaseEnd(*running, page);
  if (running->word.state == CellState::Stopping) {
    // A cell that says `stopping` though nobody stopped it was scribbled over.
    if (killAt_ == BootTime::max()) killAt_ = now;
    killAt_ = std::min(killAt_, before(lease, page.leaseTimes.killBeforeEnd()));
    next_ = killAt_;
    return {now >= killAt_ ? Act::Kill : Act::Nothing, StopReason::None};
  }
  const auto limit = limitOf(*running, started_);
  next_ = std::min(limit, before(lease, page.leaseTimes.termBeforeEnd()));
  if (page.stopping.load() >= Stopping::Now) return {Act::Stop, StopReason::Shutdown};
  if (now >= before(lease, page.leaseTimes.termBeforeEnd())) return {Act::Stop, StopReason::Lease};
  if (running->wish != StopReason::None) return {Act::Stop, running->wish};
  if (now >= limit) return {Act::Stop, StopReason::TimeLimit};
  return {};
}

void DeadlineWatch::stopped(StopReason reason, const SharedPage& page, BootTime now) {
  const auto lease = task_ ? before(leaseEnd(*task_, page), page.leaseTimes.killBeforeEnd()) : BootTime::max();
  const bool leaseEnds = reason == StopReason::Lease && task_ && task_->wish != StopReason::Lease;
  killAt_ = leaseEnds ? lease : std::min(lease, saturatedAdd(now, killGrace_));
  next_ = killAt_;
}

}  // namespace leptir
