#include "dispatcher/slot_table.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "task/outcome_codec.h"

namespace leptir::dispatcher {
namespace {

// Not a valid state. The master takes it for memory corruption by the task and ends the worker.
constexpr auto kInvalidState = static_cast<link::CellState>(0xff);

// A task whose settling was cut short by this many crashes of dispatchers is settled alone; then also without the
// task's own output; and then without reading its outcome at all.
constexpr std::uint32_t kSuspectTries = 2, kOutputlessTries = 4, kMostSettleTries = 6;

// Keeps how the run ended and drops the output whose size and content the task chose.
void dropTaskOutput(Outcome& outcome) {
  outcome.response = "[What this task said is left out: dispatchers died while they settled it.]";
  outcome.stderrTail.clear();
  outcome.additional.clear();
  outcome.result.clear();
  outcome.flow.clear();
}

void dropTaskOutput(link::Verdict& verdict) {
  verdict.exception.clear();
  verdict.stack.clear();
  verdict.stderrTail.clear();
}

Result<Outcome> readOutcome(const link::Slot& slot, std::size_t cell) {
  const auto bytes = slot.outcomes().read(cell);
  if (!bytes) return bytes.error();
  return task::decodeOutcome(*bytes);
}

// The outcome that the task itself wrote before the master ended it at its time limit or for a cancel request.
std::optional<Outcome> readUnfinished(const link::Slot& slot, std::size_t cell, link::StopReason reason) {
  if (reason != link::StopReason::TimeLimit && reason != link::StopReason::Cancel) return std::nullopt;
  // The worker died before it began this task: the outcome in the cell is of an earlier task.
  if (slot.outcomes().startedBoot(cell).time_since_epoch().count() < slot.assignments().header(cell).assignedBoot)
    return std::nullopt;
  auto outcome = readOutcome(slot, cell);
  return outcome ? std::optional(std::move(*outcome)) : std::nullopt;
}

}  // namespace

SlotTable::SlotTable(link::Link& link, const Clock& clock)
    : link_(link), clock_(clock), assignedCells_(static_cast<std::size_t>(link.workers())) {}

std::vector<Event> SlotTable::adopt() {
  std::vector<Event> events;
  for (int i = 0; i < link_.workers(); ++i) {
    auto& slot = link_.slot(i);
    auto& ring = assignedCellsOf(i);
    for (std::size_t cell = 0; cell < link::kCells; ++cell) {
      ring.sequence = std::max(ring.sequence, slot.assignments().header(cell).sequence);
      if (slot.word(cell).state != link::CellState::Free) ring.cells.push_back(cell);
    }
    std::sort(ring.cells.begin(), ring.cells.end(), [&](std::size_t a, std::size_t b) {
      return slot.assignments().header(a).sequence < slot.assignments().header(b).sequence;
    });
    for (const auto cell : ring.cells) {
      events.push_back(event::CellFound{
          {i, cell}, slot.assignments().read(cell), slot.word(cell).state != link::CellState::Assigned});
    }
  }
  return events;
}

void SlotTable::collect(std::vector<Event>& events) {
  for (int i = 0; i < link_.workers(); ++i) {
    while (collectOldest(i, events)) {
    }
  }
}

// Collects the oldest task of a slot, if it has ended. A worker runs its tasks in order, so no later one has ended.
bool SlotTable::collectOldest(int slot, std::vector<Event>& events) {
  auto& ring = assignedCellsOf(slot);
  if (ring.cells.empty()) return false;
  const auto cell = ring.cells.front();
  auto& shared = link_.slot(slot);
  const auto word = shared.word(cell);
  const CellRef ref{slot, cell};
  const bool hasEnded = word.state == link::CellState::Done || word.state == link::CellState::Died;
  const auto tries = shared.assignments().header(cell).settleStarts;
  if (hasEnded && mustWaitToSettle(tries)) return false;
  if (hasEnded && tries >= kMostSettleTries) {
    events.push_back(
        event::CellUnsettlable{ref, tries, shared.assignments().envelope(cell), shared.outcomes().workerPid(cell)});
    beginSettling(ring, ref);
    return true;
  }
  switch (word.state) {
    case link::CellState::Assigned:
    case link::CellState::Executing:
    case link::CellState::Stopping:
      return false;
    case link::CellState::Done:
      events.push_back(event::CellDone{ref, readOutcome(shared, cell), shared.assignments().envelope(cell),
                                       shared.outcomes().workerPid(cell)});
      if (auto& outcome = std::get<event::CellDone>(events.back()).outcome; outcome && tries >= kOutputlessTries)
        dropTaskOutput(*outcome);
      break;
    case link::CellState::Died:
      if (shared.verdicts().isSymbolizing(cell, clock_.bootTime())) return false;
      events.push_back(event::CellDied{ref, readVerdict(slot, cell), shared.assignments().envelope(cell),
                                       readUnfinished(shared, cell, word.reason)});
      if (tries >= kOutputlessTries) {
        dropTaskOutput(std::get<event::CellDied>(events.back()).verdict);
        std::get<event::CellDied>(events.back()).taskOutcome.reset();
      }
      break;
    default:  // only the dispatcher frees cells: a task overwrote this one
      leaveToMaster(ref, word);
      return false;
  }
  beginSettling(ring, ref);
  return true;
}

// A task that was among those being settled at two crashes of dispatchers is a suspect and is settled alone. While it
// waits until the others are settled, no further task is collected, or it would wait for ever.
bool SlotTable::mustWaitToSettle(std::uint32_t tries) {
  const bool isSuspect = tries >= kSuspectTries;
  if (isSuspect && unsettled_ > 0) suspectWaits_ = true;
  return settledAlone_ || (isSuspect ? unsettled_ > 0 : suspectWaits_);
}

void SlotTable::beginSettling(AssignedCells& ring, CellRef cell) {
  ring.cells.pop_front();
  ++unsettled_;
  if (link_.slot(cell.slot).assignments().countSettleStart(cell.cell) <= kSuspectTries) return;
  settledAlone_ = cell;
  suspectWaits_ = false;
}

// The task that overwrote the cell may still run, so the cell is not settled before the master has ended the worker.
// The master does that for an invalid state, so a valid state is made invalid.
void SlotTable::leaveToMaster(CellRef cell, link::CellWord word) {
  if (word.state != link::CellState::Free) return;
  link_.slot(cell.slot).change(cell.cell, word, word.to(kInvalidState));
  link_.masterBell().ring();
}

link::Verdict SlotTable::readVerdict(int slot, std::size_t cell) const {
  auto verdict = link_.slot(slot).verdicts().read(cell);
  verdict.stderrTail = link_.workerStderr(slot).read(verdict.stderrFrom, verdict.stderrTo, link::kStderrTailBytes);
  return verdict;
}

void SlotTable::checkSlots(std::vector<Event>& events) {
  for (int i = 0; i < link_.workers(); ++i) {
    auto& ring = assignedCellsOf(i);
    // A worker that is about to exit begins no further task.
    const bool ready = link_.slot(i).workerReady() != 0 && !link_.slot(i).mustWorkerExit();
    if (ready != std::exchange(ring.ready, ready)) events.push_back(event::WorkerReady{i, ready});
    if (const auto running = executing(i))
      events.push_back(
          event::CellRunning{running->first, running->second, link_.slot(i).outcomes().workerPid(running->first.cell)});
  }
}

std::optional<std::pair<CellRef, BootTime>> SlotTable::executing(int slot) const {
  const auto& ring = assignedCells_[static_cast<std::size_t>(slot)];
  if (ring.cells.empty()) return std::nullopt;
  const auto cell = ring.cells.front();
  const auto& shared = link_.slot(slot);
  if (shared.word(cell).state != link::CellState::Executing) return std::nullopt;
  const auto started =
      std::clamp(shared.outcomes().startedBoot(cell), shared.assignments().read(cell).assigned, clock_.bootTime());
  return std::pair(CellRef{slot, cell}, started);
}

void SlotTable::assign(const Actions::Assign& assign) {
  auto& slot = link_.slot(assign.cell.slot);
  auto& ring = assignedCellsOf(assign.cell.slot);
  auto assignment = assign.assignment;
  assignment.sequence = ++ring.sequence;
  auto word = slot.word(assign.cell.cell);
  while (word.state != link::CellState::Free) {  // a task overwrote the cell while it was free
    slot.change(assign.cell.cell, word, word.freed());
    word = slot.word(assign.cell.cell);
  }
  if (auto written = slot.assignments().write(assign.cell.cell, assignment); !written) {
    assignment.envelope =
        {};  // cannot happen: a push refuses envelopes over the limit; the worker will report a malformed task
    (void)slot.assignments().write(assign.cell.cell, assignment);
  }
  LEPTIR_FAILPOINT("slot_table.before_assigned");
  slot.change(assign.cell.cell, word, word.to(link::CellState::Assigned));
  LEPTIR_FAILPOINT("slot_table.after_assigned");
  ring.cells.push_back(assign.cell.cell);
  ring.needsWake = true;
}

void SlotTable::cancelRequest(const Actions::StopRequest& cancelRequest) {
  link_.slot(cancelRequest.cell.slot)
      .assignments()
      .requestStop(cancelRequest.cell.cell, cancelRequest.reason, cancelRequest.by);
  link_.masterBell().ring();
}

void SlotTable::freeCell(CellRef cell) {
  --unsettled_;
  if (settledAlone_ == cell) settledAlone_.reset();
  auto& slot = link_.slot(cell.slot);
  const auto word = slot.word(cell.cell);
  if (word.state != link::CellState::Free) slot.change(cell.cell, word, word.freed());
}

void SlotTable::forgetSettleTries(CellRef cell) {
  link_.slot(cell.slot).assignments().forgetSettleStarts(cell.cell);
  if (settledAlone_ == cell) settledAlone_.reset();
}

event::AssignmentsTakenBack SlotTable::takeBack(int slot) {
  event::AssignmentsTakenBack taken{slot, {}};
  auto& shared = link_.slot(slot);
  auto& cells = assignedCellsOf(slot).cells;
  while (!cells.empty()) {
    const auto cell = cells.back();
    const auto word = shared.word(cell);
    if (word.state != link::CellState::Assigned) break;
    std::string envelope(shared.assignments().envelope(cell));
    if (!shared.change(cell, word, word.freed())) break;  // the worker has just begun it
    taken.envelopes.emplace_back(cell, std::move(envelope));
    cells.pop_back();
  }
  return taken;
}

void SlotTable::wakeWorkers() {
  for (int i = 0; i < link_.workers(); ++i) {
    if (std::exchange(assignedCellsOf(i).needsWake, false) && link_.slot(i).workerSleeps() != 0)
      link_.workerBell(i).ring();
  }
}

}  // namespace leptir::dispatcher
