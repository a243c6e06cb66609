#include "base/task_id.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <string>

namespace leptir {
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

TEST(TaskId, IsUniqueInAHurry) {
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

TEST(InstanceName, Is128BitsOfHex) {
  EXPECT_TRUE(std::regex_match(makeInstanceName(), std::regex("[0-9a-f]{32}")));
  EXPECT_NE(makeInstanceName(), makeInstanceName());
}

TEST(InstanceName, FitsForAFile) {
  EXPECT_TRUE(isInstanceName(makeInstanceName()));
  EXPECT_FALSE(isInstanceName(""));
  EXPECT_FALSE(isInstanceName(std::string(32, 'F')));
  EXPECT_FALSE(isInstanceName("../../../../../../../../etc/pass"));
}

}  // namespace
}  // namespace leptir
