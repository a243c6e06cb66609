#include "broker/task_match.h"

#include <gtest/gtest.h>

#include "task/envelope.h"

namespace leptir::broker {
namespace {

std::string envelopeOf(std::string name) {
  BrokerTask task;
  task.id = "1";
  task.name = std::move(name);
  return task::encodeEnvelope(task);
}

TEST(HasName, ComparesTheWholeName) {
  EXPECT_TRUE(hasName(envelopeOf("resize"), "resize"));
  EXPECT_FALSE(hasName(envelopeOf("resize"), "res"));
  EXPECT_FALSE(hasName(envelopeOf("resize"), "resize-all"));
  EXPECT_FALSE(hasName(envelopeOf("resize"), "RESIZE"));
}

TEST(HasName, ReadsNamesThatAreEscaped) {
  EXPECT_TRUE(hasName(envelopeOf("App\\Tasks\\Resize"), "App\\Tasks\\Resize"));
  EXPECT_TRUE(hasName(envelopeOf("a/b \"c\" žába"), "a/b \"c\" žába"));
  EXPECT_TRUE(hasName(R"({"cn":"\u0072esize","td":{"parameters":[]}})", "resize"));
}

TEST(HasName, OneLeadingBackslashMakesNoDifference) {
  EXPECT_TRUE(hasName(envelopeOf("\\App\\Resize"), "App\\Resize"));
  EXPECT_TRUE(hasName(envelopeOf("App\\Resize"), "\\App\\Resize"));
}

TEST(HasName, IsNotFoundOutsideOfTheName) {
  EXPECT_FALSE(hasName(R"({"cn":"Other","td":{"id":"resize","parameters":{"cn":"resize"}}})", "resize"));
}

TEST(HasName, MalformedBytesHaveNone) {
  EXPECT_FALSE(hasName("resize", "resize"));
  EXPECT_FALSE(hasName(R"({"cn":"resize")", "resize"));
}

TEST(Matches, AnEmptyFilterMatchesEveryTask) {
  EXPECT_TRUE(matches(FoundTask{}, {}));
  EXPECT_TRUE(matches(FoundTask{.id = "1", .state = TaskState::Buried, .envelope = "oops", .reason = "why"}, {}));
}

TEST(Matches, OnlyABuriedTaskHasAReason) {
  EXPECT_TRUE(matches(FoundTask{.state = TaskState::Buried, .reason = "because of it"}, {.reasonContains = "of"}));
  EXPECT_FALSE(matches(FoundTask{.state = TaskState::Due, .reason = "because of it"}, {.reasonContains = "of"}));
}

TEST(Matches, TheFirstTimeBelongsToTheRangeAndTheLastDoesNot) {
  const Time at(std::chrono::seconds(5));
  const FoundTask task{.due = at};
  EXPECT_TRUE(matches(task, {.dueFrom = at}));
  EXPECT_FALSE(matches(task, {.dueFrom = at + Duration(1)}));
  EXPECT_TRUE(matches(task, {.dueBefore = at + Duration(1)}));
  EXPECT_FALSE(matches(task, {.dueBefore = at}));
}

}  // namespace
}  // namespace leptir::broker
