#include "leptir/task_registry.h"

#include <gtest/gtest.h>

namespace leptir {
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

TEST(TaskRegistry, RefusesNamesThatCannotBeOnes) {
  TaskRegistry tasks;
  tasks.add<EmptyTask>("a");
  EXPECT_THROW(tasks.add<EmptyTask>("a"), std::invalid_argument);
  EXPECT_THROW(tasks.add<EmptyTask>("\\a"), std::invalid_argument);
  EXPECT_THROW(tasks.add<EmptyTask>(""), std::invalid_argument);
  EXPECT_THROW(tasks.add<EmptyTask>("\\"), std::invalid_argument);
  EXPECT_THROW(tasks.add<EmptyTask>(std::string(256, 'x')), std::invalid_argument);
  EXPECT_NO_THROW(tasks.add<EmptyTask>(std::string(255, 'x')));
}

TEST(TaskRegistry, KnowsTheTestTasks) {
  TaskRegistry tasks;
  addTestTasks(tasks);
  EXPECT_EQ(tasks.names(), (std::vector<std::string>{"crash", "error", "exception", "hang", "noop", "sleep"}));
}

}  // namespace
}  // namespace leptir
