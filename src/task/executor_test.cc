#include "task/executor.h"

#include "leptir/stop_source.h"
#include "task/executor_fixture.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <new>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;

struct Resize {
  std::string source;
  int width = 640;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Resize, source, width)

TEST_F(ExecutorTest, RecordsASuccess) {
  const auto outcome = run("noop");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "");
  EXPECT_EQ(outcome.started, clock.now());
  EXPECT_EQ(outcome.executionTime, Duration::zero());
  EXPECT_FALSE(outcome.thrown);
}

TEST_F(ExecutorTest, LogsTheSameLinesAsPhpLeptir) {
  tasks.add<Json>("work", [this](const Json&, TaskContext&) { clock.advance(1234500us); });
  run("work");
  EXPECT_EQ(logged(), (Lines{"INFO (6): [id1](work) Task started.",
                             "INFO (6): [id1](work) Task is done. Execution time: 1.2345 seconds."}));
}

TEST_F(ExecutorTest, DoesNotSayDoneOfARunWithoutSuccessOrThatWasToldToStop) {
  tasks.add<Json>("fails", [](const Json&, TaskContext&) { return ExitStatus::Error; });
  tasks.add<Json>("retries", [](const Json&, TaskContext& task) { task.retryAfter(1s); });
  tasks.add<Json>("work", [](const Json&, TaskContext&) {});
  run("fails");
  run("retries");
  StopSource stop;
  stop.requestStop();
  TaskEnvironment environment;
  environment.id = "id1";
  environment.name = "work";
  environment.stopToken = stop.token();
  Executor(tasks, logger, clock).run(std::move(environment), "{}");
  const auto lines = logged();
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1], "INFO (6): [id1](fails) Run ended. Execution time: 0 seconds.");
  EXPECT_EQ(lines[3], "INFO (6): [id1](retries) Run ended. Execution time: 0 seconds.");
  EXPECT_EQ(lines[5], "INFO (6): [id1](work) Run ended. Execution time: 0 seconds.");
}

TEST_F(ExecutorTest, LogsTheExecutionTimeWithFourDecimalsAtMost) {
  for (const auto time : {Duration(0us), Duration(49us), Duration(500us), Duration(1200ms), Duration(3s)}) {
    TaskRegistry other;
    other.add<Json>("work", [&](const Json&, TaskContext&) { clock.advance(time); });
    TaskEnvironment environment;
    environment.name = "work";
    Executor(other, logger, clock).run(std::move(environment), "{}");
  }
  const auto lines = logged();
  const std::string start = "INFO (6): [](work) Task is done. Execution time: ";
  EXPECT_EQ(lines.at(1), start + "0 seconds.");
  EXPECT_EQ(lines.at(3), start + "0 seconds.");
  EXPECT_EQ(lines.at(5), start + "0.0005 seconds.");
  EXPECT_EQ(lines.at(7), start + "1.2 seconds.");
  EXPECT_EQ(lines.at(9), start + "3 seconds.");
}

TEST_F(ExecutorTest, AppendsTheMessageOfAnExceptionToTheResponseLines) {
  const auto outcome = runFunction([](const Json&, TaskContext& task) {
    task.addResponseLine("half way");
    throw std::out_of_range("too far");
  });
  EXPECT_EQ(outcome.response, "half way Task exited with exception: too far");
  ASSERT_TRUE(outcome.thrown);
  EXPECT_EQ(outcome.thrown->type, "std::out_of_range");
  EXPECT_EQ(outcome.thrown->message, "too far");
  EXPECT_EQ(logged().at(1), "ERR (3): [id1](function) Task exited with exception: too far");
}

TEST_F(ExecutorTest, PrefixesTaskErrorsWithTheTextOfPhpLeptir) {
  EXPECT_EQ(runFunction([](const Json&, TaskContext&) { throw TaskError("No such customer."); }).response,
            "LeptirTaskException occurred. No such customer.");
  EXPECT_EQ(run("sleep", R"({"seconds":"1"})").response,
            "LeptirTaskException occurred. Input value is not a float but a string. Parameter: seconds. "
            "Pushed as seconds=1 it is text: push seconds:=1");
}

TEST_F(ExecutorTest, CatchesThrownValuesThatAreNoStdException) {
  const auto outcome = runFunction([](const Json&, TaskContext&) { throw 42; });
  EXPECT_EQ(outcome.response, "Task exited with exception: something of type int");
  EXPECT_EQ(outcome.thrown->type, "int");
}

TEST_F(ExecutorTest, CatchesABadAllocation) {
  const auto outcome = runFunction([](const Json&, TaskContext&) { throw std::bad_alloc(); });
  EXPECT_EQ(outcome.thrown->type, "std::bad_alloc");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
}

TEST_F(ExecutorTest, KeepsTheBytesOfAnExceptionMessageThatIsNotUtf8) {
  const auto outcome = runFunction([](const Json&, TaskContext&) { throw std::runtime_error("a\xff"); });
  EXPECT_EQ(outcome.thrown->message, "a\xff");
}

TEST_F(ExecutorTest, FailsATaskWhoseParametersAreNoJsonObject) {
  EXPECT_EQ(run("noop", "[1,2]").response, "LeptirTaskException occurred. Parameters are not an object but a list");
  const auto broken = run("sleep", "{");
  EXPECT_TRUE(broken.response.starts_with("LeptirTaskException occurred. Parameters cannot be read: "))
      << broken.response;
  EXPECT_EQ(broken.status, ExitStatus::Error);
  EXPECT_EQ(run("noop", "[]").status, ExitStatus::Success);
}

TEST_F(ExecutorTest, FailsATaskWhoseNameIsNotRegistered) {
  EXPECT_EQ(run("stranger").response, "LeptirTaskException occurred. This program has no task named 'stranger'.");
}

TEST_F(ExecutorTest, FailsATaskWhoseFactoryReturnsANullPointer) {
  tasks.addFactory("empty", [] { return nullptr; });
  EXPECT_EQ(run("empty").response,
            "LeptirTaskException occurred. The factory of task 'empty' returned a null pointer.");
}

TEST_F(ExecutorTest, RecordsAnUndefinedExitStatusAsUnknown) {
  EXPECT_EQ(runFunction([](const Json&, TaskContext&) { return static_cast<ExitStatus>(99); }).status,
            ExitStatus::Unknown);
}

TEST_F(ExecutorTest, PutsWhatTheTaskReportedIntoTheOutcome) {
  const auto outcome = runFunction([this](const Json&, TaskContext& task) {
    EXPECT_EQ(task.id(), "id1");
    EXPECT_EQ(task.attempt(), 2);
    EXPECT_EQ(task.fence(), 77u);
    task.changeState("resizing");
    task.addResponseLine("one");
    task.addResponseLine("two");
    TaskRun::of(task).stderrTail = "oops";
    clock.advance(2s);
    return Json{{"width", 640}};
  });
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.response, "one two");
  EXPECT_EQ(outcome.flow, (Lines{"resizing"}));
  EXPECT_EQ(outcome.result, R"({"width":640})");
  EXPECT_EQ(outcome.stderrTail, "oops");
  EXPECT_EQ(outcome.executionTime, 2s);
}

TEST_F(ExecutorTest, PassesParametersToTypedTasksAsAStruct) {
  Resize seen;
  tasks.add<Resize>("resize", [&](const Resize& resize, TaskContext&) { seen = resize; });
  EXPECT_EQ(run("resize", R"({"source":"a.png"})").status, ExitStatus::Success);
  EXPECT_EQ(seen.source, "a.png");
  EXPECT_EQ(seen.width, 640);
  EXPECT_EQ(
      run("resize", R"({"source":5})").response,
      "LeptirTaskException occurred. Parameters do not fit: type must be string, but is number. Parameter: source");
}

TEST_F(ExecutorTest, MeasuresTheCpuTimeOfTheTaskAndItsChildren) {
  Executor executor(tasks, logger, systemClock());
  const auto burn = [] {
    const auto begin = std::clock();
    while (std::clock() - begin < CLOCKS_PER_SEC / 50) continue;
  };
  tasks.add<Json>("burn", [&](const Json&, TaskContext&) {
    burn();
    if (const auto child = ::fork(); child == 0) {
      burn();
      ::_exit(0);
    } else {
      ::waitpid(child, nullptr, 0);
    }
  });
  TaskEnvironment environment;
  environment.name = "burn";
  EXPECT_GE(executor.run(environment, "{}").cpuTime, 38ms);
  environment.name = "noop";
  EXPECT_LT(executor.run(environment, "{}").cpuTime, 10ms);
}

TEST_F(ExecutorTest, RecordsRetryLaterWhenATaskCallsRetryAfter) {
  const auto outcome = runFunction([](const Json&, TaskContext& task) { task.retryAfter(30s, "busy"); });
  EXPECT_EQ(outcome.cause, Cause::RetryLater);
  EXPECT_EQ(outcome.status, ExitStatus::Unknown);
  EXPECT_EQ(outcome.retryAfter, 30s);
  EXPECT_EQ(outcome.response, "busy");
}

TEST_F(ExecutorTest, LimitsRetryAfterToTenYears) {
  const auto outcome = runFunction([](const Json&, TaskContext& task) { task.retryAfter(Duration::max()); });
  EXPECT_EQ(outcome.cause, Cause::RetryLater);
  EXPECT_EQ(outcome.retryAfter, kMaxRetryDelay);
}

TEST_F(ExecutorTest, RecordsDiscardedWhenATaskCallsDiscard) {
  const auto outcome = runFunction([](const Json&, TaskContext& task) {
    task.retryAfter(30s);
    task.discard("gone");
  });
  EXPECT_EQ(outcome.cause, Cause::Discarded);
  EXPECT_EQ(outcome.status, ExitStatus::Unknown);
  EXPECT_FALSE(outcome.retryAfter);
  EXPECT_EQ(outcome.response, "gone");
}

TEST_F(ExecutorTest, RecordsAFailureWhenATaskThrowsAfterRetryAfter) {
  const auto outcome = runFunction([](const Json&, TaskContext& task) {
    task.retryAfter(30s);
    throw TaskError("no");
  });
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.status, ExitStatus::Error);
}

Json nested(int levels) {
  Json json = 1;
  for (int level = 0; level < levels; ++level) {
    Json outer = Json::array();
    outer.push_back(std::move(json));
    json = std::move(outer);
  }
  return json;
}

TEST_F(ExecutorTest, FailsATaskWhoseResultNestsTooDeep) {
  for (const int levels : {kMaxResultDepth + 1, 100'000}) {
    tasks = {};
    const auto outcome = runFunction([levels](const Json&, TaskContext&) { return nested(levels); });
    EXPECT_EQ(outcome.status, ExitStatus::Error);
    EXPECT_EQ(outcome.cause, Cause::Threw);
    EXPECT_EQ(outcome.response, "LeptirTaskException occurred. The result nests deeper than 510 levels.");
  }
  tasks = {};
  EXPECT_EQ(runFunction([](const Json&, TaskContext&) { return nested(kMaxResultDepth); }).status, ExitStatus::Success);
}

class DeepInfo final : public BaseTask {
  ExitStatus doJob() override { return ExitStatus::Success; }
  Json getAdditionalMetaInfo() override { return {{"deep", nested(100'000)}}; }
};

TEST_F(ExecutorTest, FailsATaskWhoseAdditionalMetaInfoNestsTooDeep) {
  tasks.add<DeepInfo>("deep");
  EXPECT_EQ(run("deep").response, "LeptirTaskException occurred. getAdditionalMetaInfo nests deeper than 511 levels.");
}

}  // namespace
}  // namespace leptir::task
