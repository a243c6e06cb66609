// ReportTask: passes one error report to one reporter. The worker in kReportSlot runs it as a task that has the name of
// the reporter, so reporters get the time limit, the stop ladder and the crash report of a task.
#pragma once

#include <memory>
#include <vector>

#include "leptir/base_task.h"
#include "leptir/task_registry.h"
#include "report/configured_reporter.h"

namespace leptir::worker {

// The object of a reporter in this process. It is made for its first report: a reporter that cannot be made loses its
// own reports only.
class ReporterHolder {
 public:
  explicit ReporterHolder(report::ConfiguredReporter configured) : configured_(std::move(configured)) {}

  // Throws what the factory throws, or TaskError when that returns a null pointer.
  ErrorReporter& reporter();

 private:
  const report::ConfiguredReporter configured_;
  std::unique_ptr<ErrorReporter> reporter_;
};

// Its parameters are what report::reporterCallOf makes.
class ReportTask final : public BaseTask {
 public:
  explicit ReportTask(std::shared_ptr<ReporterHolder> holder) : holder_(std::move(holder)) {}

 private:
  ExitStatus doJob() override;

  const std::shared_ptr<ReporterHolder> holder_;
};

// The tasks of a process that runs these reporters, by the names of the reporters.
TaskRegistry reportTasks(std::vector<report::ConfiguredReporter> reporters);

}  // namespace leptir::worker
