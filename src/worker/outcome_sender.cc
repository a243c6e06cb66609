#include "worker/outcome_sender.h"

#include "worker/worker_process.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr Duration kUnreportedAtMost = 1ms;

}  // namespace

bool RingRule::mustRing(bool nextWaits, BootTime now) {
  if (!unreportedSince_) unreportedSince_ = now;
  if (nextWaits && now - *unreportedSince_ < kUnreportedAtMost) return false;
  unreportedSince_.reset();
  return true;
}

OutcomeSender::OutcomeSender(const WorkerOptions& options, Link& link, const Clock& clock)
    : page_(link.page()),
      slot_(link.slot(options.slot)),
      ownBell_(link.workerBell(options.slot)),
      dispatcherBell_(link.dispatcherBell()),
      clock_(clock) {}

OutcomeSender::Sent OutcomeSender::send(const BegunCell& begun, std::string_view outcome,
                                        const TaskReceiver& receiver) {
  while (!slot_.writeOutcome(begun.cell, outcome)) {
    if (const auto failed = waitForTheLargeArea(begun)) return *failed;
  }
  if (!slot_.change(begun.cell, begun.executing, begun.executing.to(CellState::Done))) return Sent::Stopped;
  if (page_.dispatcherSleeps.load() == 0 || !rule_.mustRing(receiver.isNextAssigned(), clock_.bootTime()))
    return Sent::Yes;
  if (!isStillABell(dispatcherBell_)) return Sent::MustEnd;
  dispatcherBell_.ring();
  return Sent::Yes;
}

// An earlier large outcome lies there until the dispatcher has settled it.
std::optional<OutcomeSender::Sent> OutcomeSender::waitForTheLargeArea(const BegunCell& begun) {
  if (page_.stopping.load() == Stopping::Leave) return Sent::MustEnd;
  if (slot_.word(begun.cell) != begun.executing) return Sent::Stopped;
  if (!isStillABell(dispatcherBell_) || !isStillABell(ownBell_)) return Sent::MustEnd;
  dispatcherBell_.ring();
  ownBell_.waitFor(5ms);
  return std::nullopt;
}

}  // namespace leptir
