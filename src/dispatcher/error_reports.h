// ErrorReports: takes the reports of settled tasks, holds back those that repeat, passes the others to the process of
// the reporters one after the other, and counts what becomes of them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/report_cell.h"
#include "dispatcher/reporter_settings.h"
#include "leptir/logger.h"
#include "link/link.h"
#include "report/error_report.h"
#include "report/repeat_filter.h"
#include "report/report_queue.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher.
class ErrorReports {
 public:
  // All must outlive the object. Without reporters it does nothing. Reporters that failed under an earlier dispatcher
  // count as failing until they take a report.
  ErrorReports(const std::vector<ReporterSettings>& reporters, link::Link& link, link::StatusBoard& board,
               const Logger& logger, const Clock& clock);

  void add(std::vector<report::ErrorReport> reports);
  // To be called in each round of the dispatcher. `masterWorks`: time limits are enforced, so a report may begin.
  void turn(bool masterWorks);
  // Whether a reporter has ended its report since the last turn. Costs one load.
  bool hasReportEnded() const { return cell_ && cell_->hasEnded(); }

  // The dispatcher is about to exit: queues the reports that were held back as repeats.
  void sendHeldBack();
  // Whether no report waits and none is at its reporter.
  bool isIdle() const { return queue_.waiting() == 0 && (!cell_ || cell_->isFree()); }
  // What becomes of a report that is at its reporter: the next dispatcher follows it, or it is dropped with the others.
  enum class RunningReport { Continues, IsDropped };
  // Counts the reports that are left as dropped. `why` completes the sentence "2 error reports are dropped: …".
  void drop(const std::string& why, RunningReport runningReport);

 private:
  void adoptFailing();
  void queue(report::ErrorReport report);
  void takeEnd();
  void assignNext();
  void noteEnd(const ReportEnd& end);
  bool isConfigured(const std::string& reporter) const;
  void logDroppedWhenDue();
  void logDropped();
  void publish();
  std::string failingNames() const;

  const std::vector<ReporterSettings>& reporters_;
  link::StatusBoard& board_;
  const Logger& logger_;
  const Clock& clock_;
  report::RepeatFilter filter_;
  report::ReportQueue queue_;
  std::optional<ReportCell> cell_;              // none: no reporter is configured
  link::BoardErrorReports unpublished_;         // counts since the board was updated
  std::set<std::string> failing_;               // reporters whose last report failed
  std::vector<std::uint64_t> droppedUnlogged_;  // one for each reporter: not logged yet
  std::optional<BootTime> dropsLoggedAt_;
};

}  // namespace leptir::dispatcher
