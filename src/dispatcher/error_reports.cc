#include "dispatcher/error_reports.h"

#include <utility>

#include "base/escape.h"

namespace leptir::dispatcher {
namespace {

// The log says at most this often that reports are dropped.
constexpr Duration kLogDropsEvery = std::chrono::minutes(1);

std::string countOf(std::uint64_t reports) {
  return std::to_string(reports) + (reports == 1 ? " error report is dropped: " : " error reports are dropped: ");
}

}  // namespace

ErrorReports::ErrorReports(const std::vector<ReporterSettings>& reporters, link::Link& link, link::StatusBoard& board,
                           const Logger& logger, const Clock& clock)
    : reporters_(reporters), board_(board), logger_(logger), clock_(clock), queue_(reporters.size()) {
  if (!reporters.empty()) cell_.emplace(link, clock);
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
  const auto dropped = queue_.add(std::move(report));
  unpublished_.dropped += dropped;
  droppedUnlogged_ += dropped;
}

void ErrorReports::turn(bool masterWorks) {
  if (!cell_) return;
  for (auto& report : filter_.takeDue(clock_.bootTime())) queue(std::move(report));
  takeEnd();
  if (masterWorks && cell_->isFree()) assignNext();
  logDropped(false);
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
  failing_.insert(end.reporter);
  logger_.warning("[" + end.id + "] The error reporter " + base::inQuotes(end.reporter) +
                  " lost the report about this task: " + end.failure);
}

void ErrorReports::assignNext() {
  const auto next = queue_.take();
  if (!next) return;
  const auto& reporter = reporters_[next->reporter];
  cell_->assign(reporter.name, next->report->id, writeJson(report::callOf(*next->report, reporter.redaction)),
                reporter.timeLimit);
}

void ErrorReports::sendHeldBack() {
  for (auto& report : filter_.takeAll()) queue(std::move(report));
}

void ErrorReports::drop(const std::string& why) {
  if (!cell_) return;
  sendHeldBack();
  logDropped(true);
  const auto dropped = queue_.clear() + (cell_->isFree() ? 0 : 1);
  if (dropped > 0) logger_.warning(countOf(dropped) + why);
  unpublished_.dropped += dropped;
  publish();
}

void ErrorReports::logDropped(bool atOnce) {
  const auto now = clock_.bootTime();
  if (droppedUnlogged_ == 0 || (!atOnce && dropsLoggedAt_ && now - *dropsLoggedAt_ < kLogDropsEvery)) return;
  dropsLoggedAt_ = now;
  logger_.warning(countOf(std::exchange(droppedUnlogged_, 0)) + std::to_string(report::kMostWaiting) +
                  " wait for the reporter already, which is too slow or does not work");
}

void ErrorReports::publish() {
  unpublished_.waiting = queue_.waiting() + (cell_->isFree() ? 0 : 1);
  unpublished_.failing = failingNames();
  board_.updateErrorReports(std::exchange(unpublished_, {}));
}

std::string ErrorReports::failingNames() const {
  std::string names;
  for (const auto& name : failing_) names.append(names.empty() ? "" : ", ").append(name);
  return names;
}

}  // namespace leptir::dispatcher
