#include "leptir/task_registry.h"

#include <gtest/gtest.h>

namespace leptir::task {
namespace {

class EmptyTask final : public BaseTask {
  ExitStatus doJob() override { return ExitStatus::Success; }
};

TEST(TaskRegistry, FindsTasksByName) {
  TaskRegistry tasks;
  tasks.add<EmptyTask>("b");
  tasks.add<EmptyTask>("a");
  EXPECT_TRUE(tasks.contains("a"));
  EXPECT_FALSE(tasks.contains("c"));
  EXPECT_EQ(tasks.find("c"), nullptr);
  EXPECT_NE((*tasks.find("a"))(), nullptr);
  EXPECT_EQ(tasks.names(), (std::vector<std::string>{"a", "b"}));
}

TEST(TaskRegistry, MatchesPhpNamesWithAndWithoutALeadingBackslash) {
  TaskRegistry tasks;
  tasks.add<EmptyTask>("\\App\\Mail");
  tasks.add<EmptyTask>("App\\Dump");
  EXPECT_TRUE(tasks.contains("App\\Mail"));
  EXPECT_TRUE(tasks.contains("\\App\\Mail"));
  EXPECT_TRUE(tasks.contains("\\App\\Dump"));
  EXPECT_FALSE(tasks.contains("\\\\App\\Dump"));
  EXPECT_FALSE(tasks.contains("app\\dump"));
}

TEST(TaskRegistry, ReportsNamesThatCannotBeAdded) {
  TaskRegistry tasks;
  tasks.add<EmptyTask>(std::string(255, 'x'));
  tasks.add<EmptyTask>("a");
  EXPECT_TRUE(tasks.mistakes().empty());
  tasks.add<EmptyTask>("a");
  tasks.add<EmptyTask>("\\a");
  tasks.add<EmptyTask>("");
  tasks.add<EmptyTask>("\\");
  const std::string tooLong(256, 'y');
  tasks.add<EmptyTask>(tooLong);
  EXPECT_EQ(tasks.mistakes(),
            (std::vector<std::string>{"the task name 'a' was added twice: give one of the two tasks another name",
                                      "the task name 'a' was added twice: give one of the two tasks another name",
                                      "a task was added without a name", "a task was added without a name",
                                      "the task name '" + tooLong + "' is longer than 255 bytes"}));
  EXPECT_EQ(tasks.names(), (std::vector<std::string>{"a", std::string(255, 'x')}));
}

TEST(TaskRegistry, ContainsTheTestTasksAfterAddTestTasks) {
  TaskRegistry tasks;
  addTestTasks(tasks);
  EXPECT_EQ(tasks.names(), (std::vector<std::string>{"crash", "fail", "hang", "noop", "sleep", "throw"}));
}

}  // namespace
}  // namespace leptir::task
