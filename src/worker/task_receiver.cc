#include "worker/task_receiver.h"

#include <unistd.h>

#include "link/cell_scan.h"
#include "worker/descriptor_checks.h"

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

// The longest sleep without being woken; then the worker checks whether its master still lives.
constexpr Duration kMaxSleep = 1s;
// The sleep while a lease keeps an assigned task from beginning: no process wakes the worker when it is renewed.
constexpr Duration kLeaseCheckInterval = 20ms;
// How often the worker looks for a task before it sleeps, a microsecond or two in all: a dispatcher that is assigning
// just now then need not wake it.
constexpr int kSpinsBeforeSleep = 500;
// Exit status: a task closed the wake-up descriptor, so that no process could wake this worker any more.
constexpr int kExitWakeDescriptorClosed = 70;

}  // namespace

TaskReceiver::TaskReceiver(const WorkerOptions& options, link::Link& link, const Clock& clock)
    : options_(options),
      page_(link.page()),
      slot_(link.slot(options.slot)),
      bell_(link.workerBell(options.slot)),
      clock_(clock),
      pid_(::getpid()) {
  findFirstAssigned();
}

std::optional<BegunCell> TaskReceiver::next() {
  for (;;) {
    if (page_.stopping.load(std::memory_order_relaxed) == link::ShutdownStage::Leave) return std::nullopt;
    if (slot_.mustWorkerExit() || needsFreshWorkerForNext()) return std::nullopt;
    if (const auto begun = tryToBegin()) return begun;
    if (!spinUntilAssigned() && !sleepUnlessMustEnd()) return std::nullopt;
  }
}

std::optional<BegunCell> TaskReceiver::tryToBegin() {
  const auto word = slot_.word(nextCell_);
  if (word.state != link::CellState::Assigned || isShuttingDown()) return std::nullopt;
  // Read after the assignment was seen: a task that is assigned after the worker was told to leave never begins here.
  if (slot_.mustWorkerExit()) return std::nullopt;
  const auto& header = slot_.assignments().header(nextCell_);
  const auto now = clock_.bootTime();
  if (!link::mayBegin(page_, header.broker, header.epoch, now)) return std::nullopt;
  // The header read above is of this assignment if the change succeeds: another one would have another generation.
  const BegunCell begun{nextCell_, word.to(link::CellState::Executing)};
  if (!slot_.change(nextCell_, word, begun.executing)) return std::nullopt;
  slot_.outcomes().beginRun(nextCell_, now, pid_);
  nextCell_ = (nextCell_ + 1) % link::kCells;
  begunAny_ = true;
  return begun;
}

bool TaskReceiver::mayBeginNext() const {
  const auto& header = slot_.assignments().header(nextCell_);
  return isNextAssigned() && !isShuttingDown() && link::mayBegin(page_, header.broker, header.epoch, clock_.bootTime());
}

bool TaskReceiver::spinUntilAssigned() const {
  if (isShuttingDown() || isNextAssigned())
    return false;  // an assignment would not help: the shutdown or the lease keeps the task from beginning
  for (int i = 0; i < kSpinsBeforeSleep; ++i) {
    if (isNextAssigned()) return true;
  }
  return false;
}

// False: the worker must end.
bool TaskReceiver::sleepUnlessMustEnd() {
  if (mustEnd()) return false;
  slot_.workerSleeps() = 1;
  std::atomic_thread_fence(std::memory_order_seq_cst);  // a dispatcher that assigns from here on sees it and rings
  findFirstAssigned();
  const bool leave = page_.stopping.load() == link::ShutdownStage::Leave || slot_.mustWorkerExit();
  if (!leave && !mayBeginNext()) {
    const bool waitsForLease = isNextAssigned() && !isShuttingDown();
    bell_.waitFor(waitsForLease ? kLeaseCheckInterval : kMaxSleep);
  }
  slot_.workerSleeps() = 0;
  return true;
}

// nextCell_ usually is where the next assignment comes; not when this worker replaces one that died, or when a task
// wrote into the slot by mistake.
void TaskReceiver::findFirstAssigned() {
  if (isNextAssigned()) return;
  if (!link::scanCells(slot_).firstAssigned) return;
  // Searched a second time: during the first search an earlier cell may have been assigned after the search passed it,
  // and a later cell before the search came to it.
  if (const auto first = link::scanCells(slot_).firstAssigned) nextCell_ = *first;
}

bool TaskReceiver::mustEnd() {
  if (::getppid() != options_.masterPid) return true;
  if (isWakeDescriptorIntact(bell_)) return false;
  exitStatus_ = kExitWakeDescriptorClosed;
  return true;
}

}  // namespace leptir::worker
