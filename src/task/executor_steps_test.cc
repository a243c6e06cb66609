// Which steps of a task are called, whatever throws.
#include "task/executor_fixture.h"

#include <stdexcept>

namespace leptir {
namespace {

// A task that writes down what is called, and throws where it is told to.
struct Steps {
  Lines called;
  std::string throwIn;
};

class SteppingTask final : public BaseTask {
 public:
  explicit SteppingTask(Steps& steps) : steps_(steps) { enter("make"); }
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
    if (steps_.throwIn == step) throw std::runtime_error("no luck in " + step);
  }

  Steps& steps_;
};

class ExecutorStepsTest : public ExecutorTest {
 protected:
  Outcome runSteps(const std::string& throwIn) {
    steps = {{}, throwIn};
    tasks.addFactory("steps" + throwIn, [this] { return std::make_unique<SteppingTask>(steps); });
    return run("steps" + throwIn);
  }

  Steps steps;
};

// Reads one parameter as an integer.
class AmountTask final : public BaseTask {
  ExitStatus doJob() override {
    addResponseLine(getDataText());
    setResult(getInt("wei"));
    return ExitStatus::Success;
  }
};

TEST_F(ExecutorTest, SaysThatAnIntegerIsTooLargeAndKeepsItsTextForTheTask) {
  tasks.add<AmountTask>("amount");
  const auto outcome = run("amount", R"({"z":1,"wei":123456789012345678901234,"a":2})");
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_EQ(outcome.response, R"({"z":1,"wei":123456789012345678901234,"a":2} LeptirTaskException occurred. )"
                              "Input value is larger than 64 bits hold: 123456789012345678901234. Parameter: wei");
}

TEST_F(ExecutorStepsTest, CallsItsStepsInOrder) {
  const auto outcome = runSteps("");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.additional, R"({"rows":5})");
}

TEST_F(ExecutorStepsTest, CallsNothingOfATaskThatCouldNotBeMade) {
  const auto outcome = runSteps("make");
  EXPECT_EQ(steps.called, (Lines{"make"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.response, "Task exited with exception: no luck in make");
}

TEST_F(ExecutorStepsTest, LeavesTheJobOutWhenBeforeStartThrows) {
  const auto outcome = runSteps("before");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
}

TEST_F(ExecutorStepsTest, CallsAfterFinishWhenTheJobThrows) {
  const auto outcome = runSteps("job");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.additional, R"({"rows":5})");
}

TEST_F(ExecutorStepsTest, IsAnErrorWhenAfterFinishThrows) {
  const auto outcome = runSteps("after");
  EXPECT_EQ(steps.called, (Lines{"make", "before", "job", "after", "info"}));
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
}

TEST_F(ExecutorStepsTest, IsAnErrorWhenTheAdditionalInfoThrows) {
  const auto outcome = runSteps("info");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.response, "Task exited with exception: no luck in info");
  EXPECT_EQ(outcome.additional, "");
}

}  // namespace
}  // namespace leptir
