#include "backends/sqlite/waiting_writers.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace leptir::sqlite {
namespace {

TEST(WaitingWritersTest, AreSeenByOthersUntilTheyWaitNoLonger) {
  const TempDir folder;
  WaitingWriters ours, theirs;
  EXPECT_FALSE(ours.hasOthers(folder.path()));
  theirs.announce(folder.path());
  EXPECT_TRUE(ours.hasOthers(folder.path()));
  theirs.withdraw();
  EXPECT_FALSE(ours.hasOthers(folder.path()));
}

TEST(WaitingWritersTest, SeveralProcessesCanWaitAtOnce) {
  const TempDir folder;
  WaitingWriters ours, first, second;
  first.announce(folder.path());
  second.announce(folder.path());
  first.withdraw();
  EXPECT_TRUE(ours.hasOthers(folder.path()));
}

TEST(WaitingWritersTest, AreNotSeenWithoutAFolder) {
  WaitingWriters ours;
  ours.announce("/nonexistent");
  EXPECT_FALSE(ours.hasOthers("/nonexistent"));
  ours.withdraw();
}

}  // namespace
}  // namespace leptir::sqlite
