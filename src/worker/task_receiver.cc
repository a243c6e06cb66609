#include "worker/task_receiver.h"

#include <unistd.h>

#include "worker/worker_process.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// How long it sleeps when nobody rings: to notice a master that is gone.
constexpr Duration kLongestSleep = 1s;
// While a lease keeps an assigned task from beginning: nobody rings when it is renewed.
constexpr Duration kLeaseSleep = 20ms;
// Looks before it sleeps, a microsecond or two in all: a dispatcher that is at work right now saves both the bell.
constexpr int kSpins = 500;
// A task closed the bell: nobody could wake this worker any more.
constexpr int kBellClosed = 70;

}  // namespace

TaskReceiver::TaskReceiver(const WorkerOptions& options, Link& link, const Clock& clock)
    : options_(options),
      page_(link.page()),
      slot_(link.slot(options.slot)),
      bell_(link.workerBell(options.slot)),
      clock_(clock),
      pid_(::getpid()) {
  findTheRing();
}

std::optional<BegunCell> TaskReceiver::next() {
  for (;;) {
    if (page_.stopping.load(std::memory_order_relaxed) == Stopping::Leave) return std::nullopt;
    if (slot_.isWorkerLeaving() || isTooOldForNext()) return std::nullopt;
    if (const auto begun = tryToBegin()) return begun;
    if (!spin() && !sleep()) return std::nullopt;
  }
}

std::optional<BegunCell> TaskReceiver::tryToBegin() {
  const auto word = slot_.word(cell_);
  if (word.state != CellState::Assigned || page_.stopping.load() != Stopping::No) return std::nullopt;
  // Looked at after the assignment was seen: what is assigned once we are to leave never begins here.
  if (slot_.isWorkerLeaving()) return std::nullopt;
  const auto& header = slot_.assignmentHeader(cell_);
  const auto now = clock_.bootTime();
  if (!mayBegin(page_, header.broker, header.epoch, now)) return std::nullopt;
  // What was read belongs to this assignment if the change succeeds: another one would be another generation.
  const BegunCell begun{cell_, word.to(CellState::Executing)};
  if (!slot_.change(cell_, word, begun.executing)) return std::nullopt;
  slot_.begin(cell_, now, pid_);
  cell_ = (cell_ + 1) % kCells;
  begunAny_ = true;
  return begun;
}

bool TaskReceiver::mayBeginHere() const {
  const auto& header = slot_.assignmentHeader(cell_);
  return isNextAssigned() && page_.stopping.load() == Stopping::No &&
         mayBegin(page_, header.broker, header.epoch, clock_.bootTime());
}

bool TaskReceiver::spin() const {
  if (page_.stopping.load() != Stopping::No || isNextAssigned())
    return false;  // it is not the dispatcher that we wait for
  for (int i = 0; i < kSpins; ++i) {
    if (isNextAssigned()) return true;
  }
  return false;
}

// False: the worker must end.
bool TaskReceiver::sleep() {
  if (mustLeave()) return false;
  slot_.workerSleeps() = 1;
  std::atomic_thread_fence(std::memory_order_seq_cst);  // whoever assigns from here on sees it and rings
  findTheRing();
  const bool leave = page_.stopping.load() == Stopping::Leave || slot_.isWorkerLeaving();
  if (!leave && !mayBeginHere()) {
    const bool waitsForLease = isNextAssigned() && page_.stopping.load() == Stopping::No;
    bell_.waitFor(waitsForLease ? kLeaseSleep : kLongestSleep);
  }
  slot_.workerSleeps() = 0;
  return true;
}

// Usually we stand where the next assignment comes; not after another worker's death, or when a task wrote where it
// should not.
void TaskReceiver::findTheRing() {
  if (isNextAssigned()) return;
  if (!slot_.firstAssigned()) return;
  // Looked at a second time: during the first look an earlier cell may have been assigned after it was passed, and a
  // later one before.
  if (const auto first = slot_.firstAssigned()) cell_ = *first;
}

bool TaskReceiver::mustLeave() {
  if (::getppid() != options_.masterPid) return true;
  if (isStillABell(bell_)) return false;
  exitStatus_ = kBellClosed;
  return true;
}

}  // namespace leptir
