// `leptir stack`: where a running task is.
#include <algorithm>
#include <chrono>
#include <csignal>

#include "tests/e2e/observed_tasks.h"

namespace leptir::e2e {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class StackOfTask : public ObservedTasks {
 protected:
  std::unique_ptr<StartedInstance> startWith(const std::string& id) {
    auto instance = start();
    EXPECT_TRUE(eventually([&] { return isShownAsRunning(id); })) << instance->output();
    return instance;
  }
  // The frame of a function in any thread; null: there is none.
  static Json frameOf(const Json& stack, const std::string& function) {
    for (const auto& thread : stack.at("threads")) {
      for (const auto& frame : thread.at("frames")) {
        if (frame.at("function").get<std::string>().find(function) != std::string::npos) return frame;
      }
    }
    return {};
  }
  static void expectTheStackOfCompute(const Json& stack) {
    for (const auto* function : {"observed::computeTheAnswer(", "observed::askForTheAnswer(", "observed::compute("}) {
      const auto frame = frameOf(stack, function);
      ASSERT_FALSE(frame.is_null()) << function << '\n' << stack.dump(2);
      EXPECT_THAT(frame.at("file").get<std::string>(), EndsWith("logging_program.cc"));
      EXPECT_GT(frame.at("line"), 0);
      EXPECT_EQ(frame.at("user"), true);
    }
    EXPECT_TRUE(frameOf(stack, "runWorker").is_null()) << "the frames of the worker itself are cut off";
    EXPECT_GT(stack.at("stoppedFor"), 0);
  }
};
INSTANTIATE_TEST_SUITE_P(On, StackOfTask, ::testing::ValuesIn(storesOfObservedTasks()),
                         [](const auto& store) { return store.param; });

TEST_P(StackOfTask, HasFunctionFileAndLineInAllThreads) {
  const auto id = push({"compute", untilGate()});
  const auto instance = startWith(id);
  const auto answer = leptir({"stack", id, "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  const auto stack = answer.json();
  expectTheStackOfCompute(stack);
  EXPECT_EQ(stack.at("id"), id);
  EXPECT_EQ(stack.at("program"), false);
  ASSERT_EQ(stack.at("threads").size(), 2u) << stack.dump(2);
  EXPECT_EQ(stack.at("threads")[0].at("tid"), stack.at("pid"));
  EXPECT_EQ(stack.at("threads")[1].at("name"), "watch");
  const auto shown = leptir({"stack", id});
  EXPECT_EQ(shown.exit, 0);
  EXPECT_THAT(shown.out, HasSubstr("stopped for "));
  EXPECT_THAT(shown.out, HasSubstr(">"));
  openGate();
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << "the task goes on";
}

TEST_P(StackOfTask, IsAnsweredByItsInstanceOnAnotherMachine) {
  if (!canPretendToBeElsewhere()) GTEST_SKIP() << "this machine makes no namespaces";
  const auto id = push({"compute", untilGate()});
  const auto instance = startWith(id);
  const auto answer = elsewhere({"stack", id, "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  expectTheStackOfCompute(answer.json());
  openGate();
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
}

// The card of the instance is written once a second, and does not tell of the run yet.
TEST_P(StackOfTask, IsThereAsSoonAsTheRunHasBegun) {
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return leptir({"status", "--ready"}).exit == 0; })) << instance->output();
  const bool hasElsewhere = canPretendToBeElsewhere();
  for (int i = 0; i < 3; ++i) {
    const auto id = push({"compute", untilGate()});
    ASSERT_TRUE(eventually([&] { return status().dump().find('"' + id + '"') != std::string::npos; }));
    const auto answer = leptir({"stack", id, "--json"});
    EXPECT_EQ(answer.exit, 0) << answer.err;
    if (hasElsewhere) {
      const auto remote = elsewhere({"stack", id, "--json"});
      EXPECT_EQ(remote.exit, 0) << remote.err;
    }
    openGate();
    ASSERT_TRUE(eventually([&] { return hasSucceeded(id); }));
    fs::remove(gate());
  }
}

TEST_P(StackOfTask, OfAnInstanceThatIsGoneIsRefusedAtOnce) {
  const auto id = push({"log_and_wait", untilGate()});
  const auto instance = startWith(id);
  ::kill(instance->pid(), SIGKILL);
  (void)instance->waitForExit();
  const auto began = std::chrono::steady_clock::now();
  for (const auto* command : {"stack", "logs"}) {
    const auto answer = leptir({command, id});
    EXPECT_EQ(answer.exit, 1) << command << answer.out;
    EXPECT_THAT(answer.err, HasSubstr("does not run: ")) << command;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

TEST_P(StackOfTask, OfAProgramIsThatOfItsProcess) {
  writeConfig(yaml("  tasks:\n    prog: { command: [/bin/sleep, '1000'] }\n"));
  const auto id = push({"prog"});
  const auto instance = startWith(id);
  const auto answer = leptir({"stack", id, "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.json().at("program"), true);
  EXPECT_EQ(answer.json().at("threads")[0].at("name"), "sleep");
  EXPECT_FALSE(answer.json().at("threads")[0].at("frames").empty());
}

TEST_P(StackOfTask, DoesNotEndTheSleepOfATask) {
  const auto id = push({"sleep", "seconds:=3"});
  const auto instance = startWith(id);
  for (int i = 0; i < 3; ++i) (void)leptir({"stack", id});
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  EXPECT_GE(info(id).at("exTime").get<double>(), 3.0);
}

TEST_P(StackOfTask, IsRefusedForTasksThatDoNotRun) {
  const auto waiting = push({"noop", "--delaySeconds=3600"});
  const auto over = push({"noop"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(over); }));
  const auto ofWaiting = leptir({"stack", waiting});
  EXPECT_EQ(ofWaiting.exit, 1);
  EXPECT_THAT(ofWaiting.err, HasSubstr("does not run: it is scheduled"));
  EXPECT_THAT(leptir({"stack", over}).err, HasSubstr("does not run: it is over"));
  EXPECT_EQ(leptir({"stack", "nothing-like-that"}).exit, 4);
  EXPECT_EQ(leptir({"stack", "a\x1b[2J"}).exit, 2);
  EXPECT_EQ(leptir({"stack"}).exit, 2);
}

TEST_P(StackOfTask, IsRefusedClearlyWhenTheInstanceHangs) {
  if (!canPretendToBeElsewhere()) GTEST_SKIP() << "this machine makes no namespaces";
  const auto id = push({"compute", untilGate()});
  const auto instance = startWith(id);
  ::kill(instance->pid(), SIGSTOP);  // so that the master does not replace the dispatcher
  ::kill(dispatcherPid(), SIGSTOP);
  const auto answer = elsewhere({"logs", id});
  EXPECT_NE(answer.exit, 0);
  EXPECT_THAT(answer.err, HasSubstr("hangs"));
  ::kill(dispatcherPid(), SIGCONT);
  ::kill(instance->pid(), SIGCONT);
}

}  // namespace
}  // namespace leptir::e2e
