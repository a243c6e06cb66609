#include "leptir/testing/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "leptir/testing/stop_at_check.h"

namespace leptir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct Greeting {
  std::string name;
};
LEPTIR_PARAMETERS(Greeting, name)

class CountingTask final : public BaseTask {
  ExitStatus doJob() override {
    int rounds = 0;
    while (!stopToken().stopRequested()) ++rounds;
    addResponseLine(std::to_string(rounds) + " rounds");
    return ExitStatus::Warning;
  }
};

TaskRegistry tasks() {
  TaskRegistry tasks;
  tasks.add<Greeting>("greet", [](const Greeting& greeting, TaskContext& task) {
    task.changeState("greeting");
    task.progress(0.5, "half");
    task.logInfo("greeting " + greeting.name);
    task.logDebug("twice");
    task.addResponseLine("Hello,");
    task.addResponseLine(greeting.name);
    task.changeState("greeted");
    return Json{{"letters", greeting.name.size()}};
  });
  tasks.add("throw", [](const Json&, TaskContext&) { throw std::runtime_error("broken"); });
  tasks.add("later", [](const Json&, TaskContext& task) { return task.retryAfter(30s, "busy"); });
  tasks.add("discard", [](const Json&, TaskContext& task) { return task.discard("gone"); });
  return tasks;
}

TEST(TestingRunTask, ShowsAllThatATaskDid) {
  const auto run = runTask(tasks(), "greet", Greeting{"Anna"}, {.id = "x", .attempt = 2});
  EXPECT_TRUE(run.succeeded());
  EXPECT_EQ(run.id, "x");
  EXPECT_EQ(run.name, "greet");
  EXPECT_EQ(run.attempt, 2);
  EXPECT_EQ(run.outcome.response, "Hello, Anna");
  EXPECT_THAT(run.responseLines, ElementsAre("Hello,", "Anna"));
  EXPECT_THAT(run.states, ElementsAre("greeting", "greeted"));
  EXPECT_THAT(run.log, ElementsAre(LoggedLine{LogLevel::Info, "greeting Anna"}, LoggedLine{LogLevel::Debug, "twice"}));
  EXPECT_THAT(run.progress, ElementsAre(ReportedProgress{0.5, "half"}));
  EXPECT_EQ(run.result, Json({{"letters", 4}}));
  EXPECT_EQ(run.resultAs<Json>()["letters"], 4);
  EXPECT_EQ(run.retryDelay(), std::nullopt);
}

TEST(TestingRunTask, AnExceptionIsAFailureWithItsTypeAndText) {
  const auto run = runTask(tasks(), "throw");
  EXPECT_FALSE(run.succeeded());
  EXPECT_EQ(run.outcome.cause, Cause::Threw);
  EXPECT_EQ(run.outcome.thrown->message, "broken");
  EXPECT_THAT(run.responseLines, ElementsAre("Task exited with exception: broken"));
  EXPECT_EQ(run.result, Json());
}

TEST(TestingRunTask, WishesOfTheTaskAreShown) {
  const auto later = runTask(tasks(), "later");
  EXPECT_EQ(later.retryDelay(), 30s);
  EXPECT_FALSE(later.succeeded());
  EXPECT_FALSE(later.isDiscarded());
  EXPECT_TRUE(runTask(tasks(), "discard").isDiscarded());
}

TEST(TestingRunTask, ANameThatIsNotRegisteredIsAFailedRun) {
  EXPECT_EQ(runTask(tasks(), "gret").outcome.status, ExitStatus::Error);
}

TEST(TestingRunTask, AStopTokenFiresAtTheCheckThatTheTestNames) {
  const auto run = runTaskClass<CountingTask>(Json::object(), {.stopToken = stopAtCheck(4)});
  EXPECT_EQ(run.outcome.response, "3 rounds");
  EXPECT_TRUE(runTaskClass<CountingTask>({}, {.stopToken = stopAtCheck(1)}).outcome.response.starts_with("0 "));
}

TEST(TestingRunTask, ProgressStillReachesTheCallbackOfTheOptions) {
  double seen = 0;
  const auto run =
      runTask(tasks(), "greet", Greeting{"Bo"}, {.onProgress = [&](double at, std::string_view) { seen = at; }});
  EXPECT_EQ(seen, 0.5);
  EXPECT_EQ(run.progress.size(), 1u);
}

TEST(TestingRunTask, ThreadsOfTheTaskMayLogMeanwhile) {
  TaskRegistry registry;
  registry.add("threads", [](const Json&, TaskContext& task) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&task] {
        for (int line = 0; line < 100; ++line) task.logInfo("line");
      });
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(runTask(registry, "threads").log.size(), 400u);
}

TEST(TestingRunTask, ARunIsDescribedInOneLineForFailedTests) {
  std::ostringstream text;
  text << runTask(tasks(), "throw");
  EXPECT_EQ(text.str(), "throw (attempt 1): error, threw: Task exited with exception: broken");
  EXPECT_EQ(runTask(tasks(), "greet", Greeting{"Bo"}).description(),
            "greet (attempt 1): success, finished: Hello, Bo; states: greeting, greeted");
}

TEST(TestingRunTask, TakesMicroseconds) {
  const auto registry = tasks();
  auto shortest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 200; ++i) {  // the shortest of many: other processes take time too
    const auto began = std::chrono::steady_clock::now();
    runTask(registry, "greet", Greeting{"Anna"});
    shortest = std::min(shortest, std::chrono::steady_clock::now() - began);
  }
  EXPECT_LT(shortest, 1ms);
  RecordProperty("microseconds", static_cast<int>(shortest / 1us));
  std::cout << "one run takes " << shortest / 1ns / 1000.0 << " us\n";
}

}  // namespace
}  // namespace leptir::testing
