// TestWorker: what becomes of one leased task in a TestInstance: it runs in the calling thread, or is settled without a
// run. The decisions are those of src/settlement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leptir/logger.h"
#include "leptir/task_registry.h"
#include "leptir/testing/observed_run.h"
#include "leptir/testing/test_instance.h"
#include "settlement/held_task.h"
#include "settlement/settlement.h"
#include "task/executor.h"
#include "testing/test_feeder.h"

namespace leptir::testing {

class TestWorker {
 public:
  // All must outlive the object.
  TestWorker(const TaskRegistry& tasks, const TestInstanceOptions& options, const ManualClock& clock,
             std::vector<LoggedLine>& log);

  // Hands the settlement of the task to the feeder. Returns the run; none: the task was settled without one.
  std::optional<ObservedRun> handle(LeasedTask leased, TestFeeder& feeder);

 private:
  void buryMalformed(LeasedTask leased, const std::string& why, TestFeeder& feeder);
  std::optional<settlement::Settlement> settlementWithoutRun(const settlement::HeldTask& task, const LeasedTask& leased,
                                                             TestFeeder& feeder);
  ObservedRun run(const settlement::HeldTask& task, const LeasedTask& leased, TestFeeder& feeder);
  std::string textOfLog(const ObservedRun& run) const;
  settlement::Settlement settlementOfStopped(const settlement::HeldTask& task, const LeasedTask& leased,
                                             const link::Verdict& verdict, ObservedRun& run);
  const TaskRules* rulesFor(const settlement::HeldTask& task) const;
  void log(LogLevel level, std::string text) { log_.push_back({level, std::move(text)}); }
  void log(LogLevel level, const std::string& text, const LogTask& task);

  const TaskRegistry& tasks_;
  const TestInstanceOptions& options_;
  const ManualClock& clock_;
  std::vector<LoggedLine>& log_;
  const settlement::RecordAuthor author_;
  const Logger silent_;
  task::Executor executor_;
};

}  // namespace leptir::testing
