#include "dispatcher/report_cell.h"

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "settlement/crash_summary.h"
#include "task/envelope.h"
#include "task/outcome_codec.h"

namespace leptir::dispatcher {
namespace {

std::string failureOf(const link::Verdict& verdict, Duration timeLimit) {
  switch (verdict.reason) {
    case link::StopReason::TimeLimit:
      return "it took longer than its time limit of " + base::durationText(timeLimit);
    case link::StopReason::Crash:
      return settlement::describeCrash(verdict, "the error reporter");
    default:
      return "its process was ended";
  }
}

std::string failureOf(const Result<std::string_view>& bytes) {
  const auto outcome = bytes ? task::decodeOutcome(*bytes) : Result<Outcome>(bytes.error());
  if (!outcome) return "its outcome is corrupt: " + outcome.error().message();
  if (outcome->thrown) return "it threw " + outcome->thrown->type + ": " + outcome->thrown->message;
  return outcome->cause == Cause::Finished && outcome->status == ExitStatus::Success ? "" : outcome->response;
}

}  // namespace

ReportCell::ReportCell(link::Link& link, const Clock& clock) : link_(link), clock_(clock) {
  adopt();
}

// Only one cell is used at a time. A reporter that wrote into its slot by mistake may have changed others: these are
// freed when they are used next.
void ReportCell::adopt() {
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    const auto sequence = slot().assignments().header(cell).sequence;
    const bool isLatest = sequence > sequence_;
    sequence_ = std::max(sequence_, sequence);
    if (isLatest) next_ = (cell + 1) % link::kCells;
    if (isLatest) used_ = slot().word(cell).state == link::CellState::Free ? std::nullopt : std::optional(cell);
  }
}

Result<void> ReportCell::assign(const std::string& reporter, const std::string& id, std::string call,
                                Duration timeLimit) {
  const auto cell = next_;
  auto word = slot().word(cell);
  while (word.state != link::CellState::Free) {
    slot().change(cell, word, word.freed());
    word = slot().word(cell);
  }
  const auto envelope = task::encodeEnvelope({.id = id, .name = reporter, .parameters = std::move(call)});
  auto written = slot().assignments().write(cell, {.sequence = ++sequence_,
                                                   .broker = link::kNoBroker,
                                                   .timeLimit = timeLimit,
                                                   .assigned = clock_.bootTime(),
                                                   .envelope = envelope});
  if (!written) return written;
  used_ = cell;
  next_ = (cell + 1) % link::kCells;
  slot().change(cell, word, word.to(link::CellState::Assigned));
  if (slot().workerSleeps() != 0) link_.workerBell(link::kReportSlot).ring();
  return {};
}

bool ReportCell::hasEnded() const {
  if (!used_) return false;
  const auto word = slot().word(*used_);
  switch (word.state) {
    case link::CellState::Assigned:
    case link::CellState::Executing:
    case link::CellState::Stopping:
      return false;
    case link::CellState::Died:
      return !slot().verdicts().isSymbolizing(*used_, clock_.bootTime());
    default:
      return word.isValid();  // the master ends a worker that wrote an invalid word
  }
}

std::optional<ReportEnd> ReportCell::takeEnd() {
  if (!hasEnded()) return std::nullopt;
  const auto head = task::decodeEnvelope(slot().assignments().envelope(*used_));
  ReportEnd end{.reporter = head ? head->name : std::string(),
                .id = head ? head->id : std::string(),
                .failure = failureIn(slot().word(*used_))};
  free();
  return end;
}

std::string ReportCell::failureIn(link::CellWord word) const {
  if (word.state == link::CellState::Done) return failureOf(slot().outcomes().read(*used_));
  if (word.state != link::CellState::Died) return "it overwrote the memory of its process";
  const auto timeLimit = slot().assignments().read(*used_).timeLimit;
  return failureOf(slot().verdicts().read(*used_), timeLimit);
}

void ReportCell::free() {
  const auto word = slot().word(*used_);
  if (word.state != link::CellState::Free) slot().change(*used_, word, word.freed());
  used_.reset();
}

}  // namespace leptir::dispatcher
