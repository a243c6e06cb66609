#include "dispatcher/slot_table.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "task/outcome_codec.h"

namespace leptir {
namespace {

// No state: what the master takes for the work of a vandal.
constexpr auto kNonsense = static_cast<CellState>(0xff);

// So many dispatchers may die while they settle a task beside others. From then on it is settled alone; after two more
// deaths without what the task itself said; and after two more it is not read at all.
constexpr std::uint32_t kSuspectTries = 2, kWordlessTries = 4, kMostSettleTries = 6;

// How the run ended, without all that the task could make as large or as strange as it liked.
void dropWords(Outcome& outcome) {
  outcome.response = "[What this task said is left out: dispatchers died while they settled it.]";
  outcome.stderrTail.clear();
  outcome.additional.clear();
  outcome.result.clear();
  outcome.flow.clear();
}

void dropWords(Verdict& verdict) {
  verdict.exception.clear();
  verdict.stack.clear();
  verdict.stderrTail.clear();
}

Result<Outcome> readOutcome(const Slot& slot, std::size_t cell) {
  const auto bytes = slot.readOutcome(cell);
  if (!bytes) return bytes.error();
  return decodeOutcome(*bytes);
}

// Of a run that was ended: what it left when it ended in time, or had put there before.
std::optional<Outcome> readUnfinished(const Slot& slot, std::size_t cell, StopReason reason) {
  if (reason != StopReason::TimeLimit && reason != StopReason::Cancel) return std::nullopt;
  // Killed in the instant before it began: what stands there is of an earlier task.
  if (slot.startedBoot(cell).time_since_epoch().count() < slot.assignmentHeader(cell).assignedBoot) return std::nullopt;
  auto outcome = readOutcome(slot, cell);
  return outcome ? std::optional(std::move(*outcome)) : std::nullopt;
}

}  // namespace

SlotTable::SlotTable(Link& link, const Clock& clock)
    : link_(link), clock_(clock), rings_(static_cast<std::size_t>(link.workers())) {}

std::vector<Event> SlotTable::adopt() {
  std::vector<Event> events;
  for (int i = 0; i < link_.workers(); ++i) {
    auto& slot = link_.slot(i);
    auto& ring = ringOf(i);
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      ring.sequence = std::max(ring.sequence, slot.assignmentHeader(cell).sequence);
      if (slot.word(cell).state != CellState::Free) ring.cells.push_back(cell);
    }
    std::sort(ring.cells.begin(), ring.cells.end(), [&](std::size_t a, std::size_t b) {
      return slot.assignmentHeader(a).sequence < slot.assignmentHeader(b).sequence;
    });
    for (const auto cell : ring.cells) {
      events.push_back(
          event::CellFound{{i, cell}, slot.readAssignment(cell), slot.word(cell).state != CellState::Assigned});
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

// The oldest task of a slot, if it has ended. Those behind it cannot have.
bool SlotTable::collectOldest(int slot, std::vector<Event>& events) {
  auto& ring = ringOf(slot);
  if (ring.cells.empty()) return false;
  const auto cell = ring.cells.front();
  auto& shared = link_.slot(slot);
  const auto word = shared.word(cell);
  const CellRef ref{slot, cell};
  const bool hasEnded = word.state == CellState::Done || word.state == CellState::Died;
  const auto tries = shared.assignmentHeader(cell).settleTries;
  if (hasEnded && mustWait(tries)) return false;
  if (hasEnded && tries >= kMostSettleTries) {
    events.push_back(event::CellUnsettlable{ref, tries, shared.envelopeIn(cell), shared.workerPid(cell)});
    take(ring, ref);
    return true;
  }
  switch (word.state) {
    case CellState::Assigned:
    case CellState::Executing:
    case CellState::Stopping:
      return false;
    case CellState::Done:
      events.push_back(
          event::CellDone{ref, readOutcome(shared, cell), shared.envelopeIn(cell), shared.workerPid(cell)});
      if (auto& outcome = std::get<event::CellDone>(events.back()).outcome; outcome && tries >= kWordlessTries)
        dropWords(*outcome);
      break;
    case CellState::Died:
      if (shared.isAutopsyUnderway(cell, clock_.bootTime())) return false;
      events.push_back(event::CellDied{ref, readVerdict(slot, cell), shared.envelopeIn(cell),
                                       readUnfinished(shared, cell, word.reason)});
      if (tries >= kWordlessTries) {
        dropWords(std::get<event::CellDied>(events.back()).verdict);
        std::get<event::CellDied>(events.back()).said.reset();
      }
      break;
    default:  // only we free cells: a task scribbled over this one
      leaveToMaster(ref, word);
      return false;
  }
  take(ring, ref);
  return true;
}

// What ended two dispatchers while it was being settled, among others, is settled alone from then on.
// While it waits for the others to be settled, no further ones are taken, or it would wait for ever.
bool SlotTable::mustWait(std::uint32_t tries) {
  const bool isSuspect = tries >= kSuspectTries;
  if (isSuspect && unsettled_ > 0) suspectWaits_ = true;
  return settledAlone_ || (isSuspect ? unsettled_ > 0 : suspectWaits_);
}

void SlotTable::take(Ring& ring, CellRef cell) {
  ring.cells.pop_front();
  ++unsettled_;
  if (link_.slot(cell.slot).countSettleTry(cell.cell) <= kSuspectTries) return;
  settledAlone_ = cell;
  suspectWaits_ = false;
}

// Whoever scribbled may still run, so the task is not settled before the master has ended that worker, which it does
// for nonsense. A word that happens to make sense is made nonsense.
void SlotTable::leaveToMaster(CellRef cell, CellWord word) {
  if (word.state != CellState::Free) return;
  link_.slot(cell.slot).change(cell.cell, word, word.to(kNonsense));
  link_.masterBell().ring();
}

Verdict SlotTable::readVerdict(int slot, std::size_t cell) const {
  auto verdict = link_.slot(slot).readVerdict(cell);
  verdict.stderrTail = link_.workerStderr(slot).read(verdict.stderrFrom, verdict.stderrTo, kStderrTailBytes);
  return verdict;
}

void SlotTable::look(std::vector<Event>& events) {
  for (int i = 0; i < link_.workers(); ++i) {
    auto& ring = ringOf(i);
    // One that leaves begins nothing more.
    const bool ready = link_.slot(i).workerReady() != 0 && !link_.slot(i).isWorkerLeaving();
    if (ready != std::exchange(ring.ready, ready)) events.push_back(event::WorkerReady{i, ready});
    if (const auto running = executing(i))
      events.push_back(
          event::CellRunning{running->first, running->second, link_.slot(i).workerPid(running->first.cell)});
  }
}

std::optional<std::pair<CellRef, BootTime>> SlotTable::executing(int slot) const {
  const auto& ring = rings_[static_cast<std::size_t>(slot)];
  if (ring.cells.empty()) return std::nullopt;
  const auto cell = ring.cells.front();
  const auto& shared = link_.slot(slot);
  if (shared.word(cell).state != CellState::Executing) return std::nullopt;
  const auto started = std::clamp(shared.startedBoot(cell), shared.readAssignment(cell).assigned, clock_.bootTime());
  return std::pair(CellRef{slot, cell}, started);
}

void SlotTable::assign(const Actions::Assign& assign) {
  auto& slot = link_.slot(assign.cell.slot);
  auto& ring = ringOf(assign.cell.slot);
  auto assignment = assign.assignment;
  assignment.sequence = ++ring.sequence;
  auto word = slot.word(assign.cell.cell);
  while (word.state != CellState::Free) {  // scribbled over while it was free
    slot.change(assign.cell.cell, word, word.freed());
    word = slot.word(assign.cell.cell);
  }
  if (auto written = slot.writeAssignment(assign.cell.cell, assignment); !written) {
    assignment.envelope =
        {};  // cannot be: envelopes over the limit are refused at the push; the worker will say that it is malformed
    (void)slot.writeAssignment(assign.cell.cell, assignment);
  }
  LEPTIR_FAILPOINT("slot_table.before_assigned");
  slot.change(assign.cell.cell, word, word.to(CellState::Assigned));
  LEPTIR_FAILPOINT("slot_table.after_assigned");
  ring.cells.push_back(assign.cell.cell);
  ring.given = true;
}

void SlotTable::wish(const Actions::Wish& wish) {
  link_.slot(wish.cell.slot).wish(wish.cell.cell, wish.reason, wish.by);
  link_.masterBell().ring();
}

void SlotTable::free(CellRef cell) {
  --unsettled_;
  if (settledAlone_ == cell) settledAlone_.reset();
  auto& slot = link_.slot(cell.slot);
  const auto word = slot.word(cell.cell);
  if (word.state != CellState::Free) slot.change(cell.cell, word, word.freed());
}

void SlotTable::forgetSettleTries(CellRef cell) {
  link_.slot(cell.slot).forgetSettleTries(cell.cell);
  if (settledAlone_ == cell) settledAlone_.reset();
}

event::TakenBack SlotTable::takeBack(int slot) {
  event::TakenBack taken{slot, {}};
  auto& shared = link_.slot(slot);
  auto& cells = ringOf(slot).cells;
  while (!cells.empty()) {
    const auto cell = cells.back();
    const auto word = shared.word(cell);
    if (word.state != CellState::Assigned) break;
    std::string envelope(shared.envelopeIn(cell));
    if (!shared.change(cell, word, word.freed())) break;  // the worker was quicker
    taken.envelopes.emplace_back(cell, std::move(envelope));
    cells.pop_back();
  }
  return taken;
}

void SlotTable::ringWorkers() {
  for (int i = 0; i < link_.workers(); ++i) {
    if (std::exchange(ringOf(i).given, false) && link_.slot(i).workerSleeps() != 0) link_.workerBell(i).ring();
  }
}

}  // namespace leptir
