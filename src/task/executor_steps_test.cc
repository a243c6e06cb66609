// Which functions of a task the Executor calls, depending on which of them throws.
#include "task/executor_fixture.h"

#include <stdexcept>

namespace leptir::task {
namespace {

// The functions of SteppingTask that were called, and the one that throws.
struct StepLog {
  Lines called;
  std::string throwingStep;
};

class SteppingTask final : public BaseTask {
 public:
  explicit SteppingTask(StepLog& steps) : steps_(steps) { enter("make"); }
  Json getAdditionalMetaInfo() override {
    enter("info");
    return {{"rows", 5}};
  }

 private:
  void beforeStart() override { enter("before"); }
  ExitStatus doJob() override {
    enter("job");
    return ExitStatus::Success;
  }
  void afterFinish() override { enter("after"); }

  void enter(const std::string& step) {
    steps_.called.push_back(step);
    if (steps_.throwingStep == step) throw std::runtime_error("no luck in " + step);
  }

  StepLog& steps_;
};

class ExecutorStepsTest : public ExecutorTest {
 protected:
  Outcome runSteps(const std::string& throwingStep) {
    steps = {{}, throwingStep};
    tasks.addFactory("steps" + throwingStep, [this] { return std::make_unique<SteppingTask>(steps); });
    return run("steps" + throwingStep);
  }

  StepLog steps;
};

// Reads one parameter as an integer.
class AmountTask final : public BaseTask {
  ExitStatus doJob() override {
    addResponseLine(getDataText());
    setResult(getInt("wei"));
    return ExitStatus::Success;
  }
};

TEST_F(ExecutorTest, NamesAnIntegerBeyond64BitsAndKeepsThePushedTextReadable) {
  tasks.add<AmountTask>("amount");
  const auto outcome = run("amount", R"({"z":1,"wei":123456789012345678901234,"a":2})");
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_EQ(outcome.response,
            R"({"z":1,"wei":123456789012345678901234,"a":2} LeptirTaskException occurred. )"
            "Input value does not fit into the requested integer type: 123456789012345678901234. Parameter: wei");
}

TEST_F(ExecutorStepsTest, CallsTheFunctionsOfATaskInOrder) {
  const auto outcome = runSteps("");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.additional, R"({"rows":5})");
}

TEST_F(ExecutorStepsTest, CallsNoOtherFunctionWhenTheConstructorThrows) {
  const auto outcome = runSteps("make");
  EXPECT_EQ(steps.called, (Lines{"make"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.response, "Task exited with exception: no luck in make");
}

TEST_F(ExecutorStepsTest, DoesNotCallDoJobWhenBeforeStartThrows) {
  const auto outcome = runSteps("before");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
}

TEST_F(ExecutorStepsTest, CallsAfterFinishWhenDoJobThrows) {
  const auto outcome = runSteps("job");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.additional, R"({"rows":5})");
}

TEST_F(ExecutorStepsTest, RecordsAnErrorWhenAfterFinishThrows) {
  const auto outcome = runSteps("after");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
}

TEST_F(ExecutorStepsTest, RecordsAnErrorWhenGetAdditionalMetaInfoThrows) {
  const auto outcome = runSteps("info");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.response, "Task exited with exception: no luck in info");
  EXPECT_EQ(outcome.additional, "");
}

}  // namespace
}  // namespace leptir::task
