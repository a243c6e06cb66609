#include "worker/outcome_sender.h"

#include "worker/descriptor_checks.h"

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

constexpr Duration kMaxUnreportedTime = 1ms;

}  // namespace

bool WakeThrottle::mustWake(bool nextWaits, BootTime now) {
  if (!unreportedSince_) unreportedSince_ = now;
  if (nextWaits && now - *unreportedSince_ < kMaxUnreportedTime) return false;
  unreportedSince_.reset();
  return true;
}

OutcomeSender::OutcomeSender(const WorkerOptions& options, link::Link& link, const Clock& clock)
    : page_(link.page()),
      slot_(link.slot(options.slot)),
      ownBell_(link.workerBell(options.slot)),
      dispatcherBell_(link.dispatcherBell()),
      clock_(clock) {}

OutcomeSender::SendResult OutcomeSender::send(const BegunCell& begun, std::string_view outcome,
                                              const TaskReceiver& receiver) {
  while (!slot_.outcomes().write(begun.cell, outcome)) {
    if (const auto failed = waitForLargeArea(begun)) return *failed;
  }
  if (!slot_.change(begun.cell, begun.executing, begun.executing.to(link::CellState::Done))) return SendResult::Stopped;
  if (page_.dispatcherSleeps.load() == 0 || !wakeThrottle_.mustWake(receiver.isNextAssigned(), clock_.bootTime()))
    return SendResult::Sent;
  if (!isWakeDescriptorIntact(dispatcherBell_)) return SendResult::MustEnd;
  dispatcherBell_.ring();
  return SendResult::Sent;
}

// The slot's large area for outcomes is in use by an earlier task until the dispatcher has settled that task.
std::optional<OutcomeSender::SendResult> OutcomeSender::waitForLargeArea(const BegunCell& begun) {
  if (page_.stopping.load() == link::ShutdownStage::Leave) return SendResult::MustEnd;
  if (slot_.word(begun.cell) != begun.executing) return SendResult::Stopped;
  if (!isWakeDescriptorIntact(dispatcherBell_) || !isWakeDescriptorIntact(ownBell_)) return SendResult::MustEnd;
  dispatcherBell_.ring();
  ownBell_.waitFor(5ms);
  return std::nullopt;
}

}  // namespace leptir::worker
