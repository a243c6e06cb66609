#include "dispatcher/slot_table.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "task/log_text.h"
#include "task/outcome_codec.h"

namespace leptir::dispatcher {
namespace {

// Not a valid state. The master takes it for memory corruption by the task and ends the worker.
constexpr auto kInvalidState = static_cast<link::CellState>(0xff);

// A task whose settling was cut short by this many crashes of dispatchers is settled alone; then also without the
// task's own output; and then without reading its outcome at all.
constexpr std::uint32_t kSuspectSettleStarts = 2, kOutputlessSettleStarts = 4, kMaxSettleStarts = 6;

// Keeps how the run ended, and drops the output: the task chose its size and content, so it may be what kills the
// dispatchers that settle it.
void dropTaskOutput(Outcome& outcome) {
  outcome.response = "[Response, result and stderr of this run are left out: dispatchers died while they saved them.]";
  outcome.stderrTail.clear();
  outcome.log.clear();
  outcome.additional.clear();
  outcome.result.clear();
  outcome.flow.clear();
}

void dropTaskOutput(link::Verdict& verdict) {
  verdict.exception.clear();
  verdict.stack.clear();
  verdict.stderrTail.clear();
  verdict.log.clear();
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

SlotTable::SlotTable(link::Link& link, const SlotTracker& slots, const Clock& clock)
    : link_(link), slots_(slots), clock_(clock), states_(static_cast<std::size_t>(link.workers())) {}

std::vector<Event> SlotTable::adopt() {
  std::vector<Event> events;
  for (int i = 0; i < link_.workers(); ++i) {
    const auto& slot = link_.slot(i);
    const auto sequenceOf = [&](std::size_t cell) { return slot.assignments().header(cell).sequence; };
    std::vector<std::size_t> used;
    for (std::size_t cell = 0; cell < link::kCells; ++cell) {
      stateOf(i).lastSequence = std::max(stateOf(i).lastSequence, sequenceOf(cell));
      if (slot.word(cell).state != link::CellState::Free) used.push_back(cell);
    }
    std::ranges::sort(used, {}, sequenceOf);
    for (const auto cell : used) {
      events.push_back(event::CellFound{
          {i, cell}, slot.assignments().read(cell), slot.word(cell).state != link::CellState::Assigned});
    }
  }
  return events;
}

// A worker runs its tasks in order: behind a task that has not ended, none has.
void SlotTable::collectEnded(std::vector<Event>& events) {
  const auto begin = events.size();
  const auto unsettledBefore = slots_.settling();
  for (int slot = 0; slot < link_.workers(); ++slot) {
    for (const auto cell : slots_.unendedCells(slot)) {
      const auto unsettled = unsettledBefore + (events.size() - begin);
      if (!collectCell({slot, cell}, unsettled, events)) break;
    }
  }
}

// False: the task has not ended, or it must wait. `unsettled`: the number of cells that are collected and not free.
bool SlotTable::collectCell(CellRef cell, std::size_t unsettled, std::vector<Event>& events) {
  auto& slot = link_.slot(cell.slot);
  const auto word = slot.word(cell.cell);
  const bool hasEnded = word.state == link::CellState::Done || word.state == link::CellState::Died;
  const auto starts = slot.assignments().header(cell.cell).settleStarts;
  if (hasEnded && mustWaitToSettle(starts, unsettled)) return false;
  if (hasEnded && starts >= kMaxSettleStarts) {
    events.push_back(event::CellUnsettlable{cell, starts, slot.assignments().envelope(cell.cell),
                                            slot.outcomes().workerPid(cell.cell)});
    beginSettling(cell);
    return true;
  }
  switch (word.state) {
    case link::CellState::Assigned:
    case link::CellState::Executing:
    case link::CellState::Stopping:
      return false;
    case link::CellState::Done:
      addDone(cell, starts, events);
      break;
    case link::CellState::Died:
      if (slot.verdicts().isSymbolizing(cell.cell, clock_.bootTime())) return false;
      addDied(cell, starts, events);
      break;
    default:  // only the dispatcher frees cells: a task overwrote this one
      invalidateForMaster(cell, word);
      return false;
  }
  beginSettling(cell);
  return true;
}

void SlotTable::addDone(CellRef cell, std::uint32_t starts, std::vector<Event>& events) const {
  const auto& slot = link_.slot(cell.slot);
  auto outcome = readOutcome(slot, cell.cell);
  if (outcome && starts >= kOutputlessSettleStarts) dropTaskOutput(*outcome);
  events.push_back(event::CellDone{cell, std::move(outcome), slot.assignments().envelope(cell.cell),
                                   slot.outcomes().workerPid(cell.cell)});
}

void SlotTable::addDied(CellRef cell, std::uint32_t starts, std::vector<Event>& events) const {
  const auto& slot = link_.slot(cell.slot);
  event::CellDied died{cell, readVerdict(cell), slot.assignments().envelope(cell.cell),
                       readUnfinished(slot, cell.cell, slot.word(cell.cell).reason)};
  if (starts >= kOutputlessSettleStarts) {
    dropTaskOutput(died.verdict);
    died.taskOutcome.reset();
  }
  events.push_back(std::move(died));
}

// A task that was among those being settled at two crashes of dispatchers is a suspect and is settled alone. While it
// waits until the others are settled, no further task is collected, or it would wait for ever.
bool SlotTable::mustWaitToSettle(std::uint32_t starts, std::size_t unsettled) {
  const bool isSuspect = starts >= kSuspectSettleStarts;
  if (isSuspect && unsettled > 0) suspectWaits_ = true;
  return settledAlone_ || (isSuspect ? unsettled > 0 : suspectWaits_);
}

void SlotTable::beginSettling(CellRef cell) {
  if (link_.slot(cell.slot).assignments().countSettleStart(cell.cell) <= kSuspectSettleStarts) return;
  settledAlone_ = cell;
  suspectWaits_ = false;
}

// The task that overwrote the cell may still run, so the cell is not settled before the master has ended the worker.
// The master does that for an invalid state, so a valid state is made invalid.
void SlotTable::invalidateForMaster(CellRef cell, link::CellWord word) {
  if (word.state != link::CellState::Free) return;
  link_.slot(cell.slot).change(cell.cell, word, word.to(kInvalidState));
  link_.masterBell().ring();
}

link::Verdict SlotTable::readVerdict(CellRef cell) const {
  auto verdict = link_.slot(cell.slot).verdicts().read(cell.cell);
  verdict.stderrTail = link_.workerStderr(cell.slot).read(verdict.stderrFrom, verdict.stderrTo, link::kStderrTailBytes);
  if (const auto log = link_.runLogs().read(cell.slot, cell.cell, link_.slot(cell.slot).word(cell.cell).generation))
    verdict.log = task::joinLogText(log->first, log->leftOutLines, log->leftOutBytes, log->last);
  return verdict;
}

void SlotTable::collectReadinessAndRunning(std::vector<Event>& events) const {
  for (int i = 0; i < link_.workers(); ++i) {
    // A worker that is about to exit begins no further task.
    const bool ready = link_.slot(i).workerReady() != 0 && !link_.slot(i).mustWorkerExit();
    if (ready != slots_.isReady(i)) events.push_back(event::WorkerReadiness{i, ready});
    if (const auto running = executingCell(i))
      events.push_back(
          event::CellRunning{running->first, running->second, link_.slot(i).outcomes().workerPid(running->first.cell)});
  }
}

std::optional<std::pair<CellRef, BootTime>> SlotTable::executingCell(int number) const {
  const auto& slot = link_.slot(number);
  for (const auto cell : slots_.unendedCells(number)) {
    const auto state = slot.word(cell).state;
    if (state == link::CellState::Done || state == link::CellState::Died) continue;  // not collected yet
    if (state != link::CellState::Executing) break;
    const auto started =
        std::clamp(slot.outcomes().startedBoot(cell), slot.assignments().read(cell).assigned, clock_.bootTime());
    return std::pair(CellRef{number, cell}, started);
  }
  return std::nullopt;
}

void SlotTable::assign(const Actions::Assign& assign) {
  auto& slot = link_.slot(assign.cell.slot);
  auto& state = stateOf(assign.cell.slot);
  auto assignment = assign.assignment;
  assignment.sequence = ++state.lastSequence;
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
  state.needsWake = true;
}

void SlotTable::requestStop(const Actions::StopRequest& request) {
  link_.slot(request.cell.slot).assignments().requestStop(request.cell.cell, request.reason, request.by);
  link_.masterBell().ring();
}

void SlotTable::freeCell(CellRef cell) {
  if (settledAlone_ == cell) settledAlone_.reset();
  auto& slot = link_.slot(cell.slot);
  const auto word = slot.word(cell.cell);
  if (word.state != link::CellState::Free) slot.change(cell.cell, word, word.freed());
}

void SlotTable::forgetSettleStarts(CellRef cell) {
  link_.slot(cell.slot).assignments().forgetSettleStarts(cell.cell);
  if (settledAlone_ == cell) settledAlone_.reset();
}

event::AssignmentsTakenBack SlotTable::takeBack(int number) {
  event::AssignmentsTakenBack taken{number, {}};
  auto& slot = link_.slot(number);
  const auto& cells = slots_.unendedCells(number);
  for (auto cell = cells.rbegin(); cell != cells.rend(); ++cell) {
    const auto word = slot.word(*cell);
    if (word.state != link::CellState::Assigned) break;
    std::string envelope(slot.assignments().envelope(*cell));
    if (!slot.change(*cell, word, word.freed())) break;  // the worker has just begun it
    taken.envelopes.emplace_back(*cell, std::move(envelope));
  }
  return taken;
}

void SlotTable::wakeWorkers() {
  for (int i = 0; i < link_.workers(); ++i) {
    if (std::exchange(stateOf(i).needsWake, false) && link_.slot(i).workerSleeps() != 0) link_.workerBell(i).ring();
  }
}

}  // namespace leptir::dispatcher
