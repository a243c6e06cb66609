// Unit tests of users' tasks, as run_task.h describes them.
#include "leptir/run_task.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "leptir/stop_source.h"
#include "leptir/task_registry.h"

namespace leptir {
namespace {

TaskRegistry registryWith(std::string name, std::function<Json(const Json&, TaskContext&)> function) {
  TaskRegistry tasks;
  tasks.add(std::move(name), std::move(function));
  return tasks;
}

TEST(RunTask, ReturnsTheOutcomeOfTheTask) {
  const auto tasks = registryWith("double", [](const Json& parameters, TaskContext& context) {
    context.changeState("doubling");
    context.addResponseLine("Done.");
    return Json(2 * parameters.at("number").get<int>());
  });
  const auto outcome = runTask(tasks, "double", {{"number", 21}});
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.result, "42");
  EXPECT_EQ(outcome.response, "Done.");
  EXPECT_EQ(outcome.flow, (std::vector<std::string>{"doubling"}));
}

TEST(RunTask, MakesAnExceptionPartOfTheOutcome) {
  const auto tasks =
      registryWith("fail", [](const Json&, TaskContext&) -> Json { throw std::runtime_error("broken"); });
  const auto outcome = runTask(tasks, "fail");
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.response, "Task exited with exception: broken");
}

TEST(RunTask, GivesItsOptionsToTheContext) {
  StopSource stop;
  stop.requestStop();
  double seen = 0;
  const auto tasks = registryWith("look", [](const Json&, TaskContext& context) {
    context.progress(0.5);
    return Json{context.id(), context.attempt(), context.fence(), context.timeLimit().count(),
                context.stopToken().stopRequested()};
  });
  const auto outcome = runTask(tasks, "look", Json::object(),
                               {.id = "x",
                                .attempt = 2,
                                .fence = 7,
                                .timeLimit = Duration(9),
                                .stopToken = stop.token(),
                                .onProgress = [&](double fraction, std::string_view) { seen = fraction; }});
  EXPECT_EQ(outcome.result, R"(["x",2,7,9,true])");
  EXPECT_EQ(seen, 0.5);
}

}  // namespace
}  // namespace leptir
