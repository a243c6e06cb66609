#include "dispatcher/error_reports.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"

namespace leptir::dispatcher {
namespace {

// The log says at most this often that reports are dropped.
constexpr Duration kLogDropsEvery = std::chrono::minutes(1);

constexpr const char* kNameSeparator = ", ";

std::string fullQueueText() {
  return std::to_string(report::kMaxWaitingReports) + " of them, or " + std::to_string(report::kMaxWaitingBytes >> 20) +
         " MiB, wait for this error reporter already, which is too slow or does not work";
}

// "2 error reports for 'mail' are dropped: ". `of`: " for 'mail'", or empty.
std::string describeDropped(std::uint64_t reports, const std::string& of = {}) {
  return std::to_string(reports) + (reports == 1 ? " error report" : " error reports") + of +
         (reports == 1 ? " is dropped: " : " are dropped: ");
}

}  // namespace

ErrorReports::ErrorReports(const std::vector<ReporterSettings>& reporters, link::Link& link, link::StatusBoard& board,
                           const Logger& logger, const Clock& clock)
    : reporters_(reporters),
      board_(board),
      logger_(logger),
      clock_(clock),
      queue_(reporters.size()),
      droppedUnlogged_(reporters.size()) {
  if (reporters.empty()) return;
  cell_.emplace(link, clock);
  adoptFailing();
}

// The board keeps the names while no dispatcher runs. A reporter whose name does not fit on the board counts as failing
// again after its next failure.
void ErrorReports::adoptFailing() {
  const auto before = board_.snapshot(clock_).errorReports;
  if (!before) return;
  const auto names = kNameSeparator + before->failing + kNameSeparator;
  for (const auto& reporter : reporters_) {
    const bool wasFailing = names.find(kNameSeparator + reporter.name + kNameSeparator) != std::string::npos;
    if (wasFailing) failing_.insert(reporter.name);
  }
}

void ErrorReports::add(std::vector<report::ErrorReport> reports) {
  std::vector<report::ErrorReport> overdue;
  for (auto& report : reports) {
    auto passed = filter_.pass(std::move(report), clock_.bootTime(), overdue);
    if (passed) queue(std::move(*passed));
  }
  for (auto& report : overdue) queue(std::move(report));
}

void ErrorReports::queue(report::ErrorReport report) {
  unpublished_.repeated += report.suppressed;
  const auto droppedFor = queue_.add(std::move(report));
  unpublished_.dropped += droppedFor.size();
  for (const auto reporter : droppedFor) ++droppedUnlogged_[reporter];
}

void ErrorReports::turn(bool masterWorks) {
  if (!cell_) return;
  for (auto& report : filter_.takeDue(clock_.bootTime())) queue(std::move(report));
  takeEnd();
  if (masterWorks && cell_->isFree()) assignNext();
  logDroppedWhenDue();
  publish();
}

void ErrorReports::takeEnd() {
  if (const auto end = cell_->takeEnd()) noteEnd(*end);
}

void ErrorReports::noteEnd(const ReportEnd& end) {
  if (end.failure.empty()) {
    ++unpublished_.sent;
    failing_.erase(end.reporter);
    return;
  }
  ++unpublished_.failed;
  const bool isKnown = isConfigured(end.reporter);
  if (isKnown) failing_.insert(end.reporter);
  logger_.log(LogLevel::Warning,
              "The error reporter " + base::inQuotes(end.reporter) +
                  (isKnown ? "" : ", which is no longer configured,") +
                  " lost the report about this task: " + end.failure,
              {.id = end.id});
}

// A reload may have removed the reporter whose report an earlier dispatcher assigned.
bool ErrorReports::isConfigured(const std::string& reporter) const {
  return std::ranges::find(reporters_, reporter, &ReporterSettings::name) != reporters_.end();
}

void ErrorReports::assignNext() {
  const auto next = queue_.take();
  if (!next) return;
  const auto& reporter = reporters_[next->reporter];
  const auto& id = next->report->id;
  const auto assigned = cell_->assign(
      reporter.name, id, writeJson(report::reporterCallOf(*next->report, reporter.redaction)), reporter.timeLimit);
  if (assigned) return;
  ++unpublished_.dropped;
  logger_.log(LogLevel::Warning,
              "The error report about this task for " + base::inQuotes(reporter.name) +
                  " is dropped: " + assigned.error().message(),
              {.id = id});
}

void ErrorReports::sendHeldBack() {
  for (auto& report : filter_.takeAll()) queue(std::move(report));
}

void ErrorReports::drop(const std::string& why, RunningReport runningReport) {
  if (!cell_) return;
  sendHeldBack();
  logDropped();
  const bool dropsOneAtReporter = runningReport == RunningReport::IsDropped && !cell_->isFree();
  const auto dropped = queue_.clear() + (dropsOneAtReporter ? 1 : 0);
  if (dropped > 0) logger_.warning(describeDropped(dropped) + why);
  unpublished_.dropped += dropped;
  publish();
}

void ErrorReports::logDroppedWhenDue() {
  const auto now = clock_.bootTime();
  if (!dropsLoggedAt_ || now - *dropsLoggedAt_ >= kLogDropsEvery) logDropped();
}

void ErrorReports::logDropped() {
  for (std::size_t reporter = 0; reporter < reporters_.size(); ++reporter) {
    const auto dropped = std::exchange(droppedUnlogged_[reporter], 0);
    if (dropped == 0) continue;
    dropsLoggedAt_ = clock_.bootTime();
    logger_.warning(describeDropped(dropped, " for " + base::inQuotes(reporters_[reporter].name)) + fullQueueText());
  }
}

void ErrorReports::publish() {
  unpublished_.waiting = queue_.waiting() + (cell_->isFree() ? 0 : 1);
  unpublished_.failing = failingNames();
  board_.updateErrorReports(std::exchange(unpublished_, {}));
}

std::string ErrorReports::failingNames() const {
  std::string names;
  for (const auto& name : failing_) names.append(names.empty() ? "" : kNameSeparator).append(name);
  return names;
}

}  // namespace leptir::dispatcher
