#include "worker/report_task.h"

#include <utility>

namespace leptir::worker {

ErrorReporter& ReporterHolder::reporter() {
  if (!reporter_) reporter_ = configured_.make(configured_.options);
  if (!reporter_) throw TaskError("its factory returned a null pointer");
  return *reporter_;
}

ExitStatus ReportTask::doJob() {
  auto& reporter = holder_->reporter();
  reporter.stopToken_ = stopToken();
  const auto& data = getData().at("data");
  reporter.addErrorData(data);
  if (const auto thrown = data.find("exception"); thrown != data.end()) {
    reporter.reportException({.type = thrown->at("type"), .message = thrown->at("message")});
  } else {
    reporter.reportMessage(getData().at("message"));
  }
  return ExitStatus::Success;
}

TaskRegistry reportTasks(std::vector<report::ConfiguredReporter> reporters) {
  TaskRegistry tasks;
  for (auto& configured : reporters) {
    const auto name = configured.name;
    const auto holder = std::make_shared<ReporterHolder>(std::move(configured));
    tasks.addFactory(name, [holder] { return std::make_unique<ReportTask>(holder); });
  }
  return tasks;
}

}  // namespace leptir::worker
