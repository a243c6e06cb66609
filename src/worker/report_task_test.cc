#include "worker/report_task.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "report/error_report.h"
#include "task/executor.h"

namespace leptir::worker {
namespace {

// Notes what it is told.
class Noting final : public ErrorReporter {
 public:
  Noting(std::vector<std::string>& notes, std::string name) : notes_(notes), name_(std::move(name)) {}

  void addErrorData(const Json& data) override {
    notes_.push_back(name_ + " data " + data.at("id").get<std::string>());
  }
  void reportException(const ThrownError& thrown) override {
    notes_.push_back(name_ + " exception " + thrown.type + ": " + thrown.message);
  }
  void reportMessage(const std::string& message) override {
    if (message.ends_with("throw")) throw std::runtime_error("on purpose");
    notes_.push_back(name_ + " message " + message);
    stopped = stopToken().stopRequested();
  }

  bool stopped = false;

 private:
  std::vector<std::string>& notes_;
  const std::string name_;
};

class ReportTaskTest : public ::testing::Test {
 protected:
  void configure(const std::string& name, ReporterFactory make) {
    configured_.push_back({.name = name, .make = std::move(make), .options = {{"url", "u"}}});
    tasks = reportTasks(configured_);
  }
  void configureNoting(const std::string& name) {
    configure(name, [this, name](const Json&) {
      ++made;
      return std::make_unique<Noting>(notes, name);
    });
  }
  Outcome run(const std::string& name, const report::ErrorReport& report) {
    task::Executor executor(tasks, logger, systemClock());
    return executor.run({.id = report.id, .name = name},
                        writeJson(report::reporterCallOf(report, report::Redaction())));
  }

  Logger logger;
  TaskRegistry tasks;
  std::vector<std::string> notes;
  int made = 0;

 private:
  std::vector<report::ConfiguredReporter> configured_;
};

TEST_F(ReportTaskTest, GivesTheDataAndThenTheExceptionOrTheMessage) {
  configureNoting("A");
  EXPECT_EQ(run("A", {.id = "1", .thrown = ThrownError{"E", "text"}}).status, ExitStatus::Success);
  EXPECT_EQ(run("A", {.id = "2", .response = "full"}).status, ExitStatus::Success);
  EXPECT_EQ(notes, (std::vector<std::string>{"A data 1", "A exception E: text", "A data 2",
                                             "A message Task has failed: full"}));
}

TEST_F(ReportTaskTest, MakesOneObjectOfEachReporterAndKeepsIt) {
  configureNoting("A");
  configureNoting("B");
  for (int i = 0; i < 3; ++i) run("A", {.id = "1"});
  EXPECT_EQ(made, 1) << "B has had no report";
  run("B", {.id = "1"});
  EXPECT_EQ(made, 2);
}

TEST_F(ReportTaskTest, AReporterThatThrowsFailsWithItsMessageAndIsKept) {
  configureNoting("A");
  const auto outcome = run("A", {.id = "1", .response = "throw"});
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.thrown->message, "on purpose");
  run("A", {.id = "2"});
  EXPECT_EQ(made, 1);
}

TEST_F(ReportTaskTest, AReporterThatCannotBeMadeFailsEachOfItsOwnReports) {
  configure("bad", [](const Json& options) -> std::unique_ptr<ErrorReporter> {
    throw std::runtime_error("no " + options.at("url").get<std::string>());
  });
  configure("none", [](const Json&) { return nullptr; });
  configureNoting("A");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run("bad", {.id = "1"}).thrown->message, "no u");
  EXPECT_EQ(run("none", {.id = "1"}).thrown->message, "its factory returned a null pointer");
  EXPECT_EQ(run("A", {.id = "1"}).status, ExitStatus::Success);
}

}  // namespace
}  // namespace leptir::worker
