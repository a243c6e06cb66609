#include "base/task_id.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <string>

namespace leptir::base {
namespace {

TEST(TaskId, IsAUuidOfVersion7) {
  EXPECT_TRUE(std::regex_match(makeTaskId(),
                               std::regex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
}

TEST(TaskId, RisesEvenWhenTheClockFallsBack) {
  ManualClock clock;
  const auto before = makeTaskId(clock);
  clock.setWallClock(clock.now() - std::chrono::hours(1));
  EXPECT_LT(before, makeTaskId(clock));
}

TEST(TaskId, IsUniqueWhenManyAreMadeAtOnce) {
  std::set<std::string> ids;
  for (int i = 0; i < 100'000; ++i) ids.insert(makeTaskId());
  EXPECT_EQ(ids.size(), 100'000u);
}

TEST(TaskId, DiffersBetweenAProcessAndItsFork) {
  ManualClock still;
  makeTaskId(still);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto id = makeTaskId(still);
    ::_exit(::write(pipe[1], id.data(), id.size()) == 36 ? 0 : 1);
  }
  const auto mine = makeTaskId(still);
  std::string theirs(36, ' ');
  ASSERT_EQ(::read(pipe[0], theirs.data(), theirs.size()), 36);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_NE(mine, theirs);
}

TEST(TaskId, ContainsTheTimeWhenItWasMade) {
  EXPECT_EQ(timeOfTaskId("018bcfe5-6800-7fa8-9123-0123456789ab"), Time(std::chrono::seconds(1'700'000'000)));
  const auto before = std::chrono::floor<std::chrono::milliseconds>(systemClock().now());
  EXPECT_GE(timeOfTaskId(makeTaskId()), before);
}

TEST(TaskId, OfAnotherFormContainsNoTime) {
  for (const auto* id : {"", "145596b0468b93b22a4.02397032", "018bcfe5-68d2-4fa8-9123-0123456789ab",
                         "018bcfe5-68d2-7fa8-c123-0123456789ab", "018BCFE5-68D2-7FA8-9123-0123456789AB",
                         "018bcfe5-68d2-7fa8-9123-0123456789a", "018bcfe5-68d2-7fa8-9123-0123456789abc",
                         "018bcfe5068d2-7fa8-9123-0123456789ab"}) {
    EXPECT_FALSE(timeOfTaskId(id)) << id;
  }
}

TEST(InstanceName, Is128BitsOfHex) {
  EXPECT_TRUE(std::regex_match(makeInstanceName(), std::regex("[0-9a-f]{32}")));
  EXPECT_NE(makeInstanceName(), makeInstanceName());
}

}  // namespace
}  // namespace leptir::base
