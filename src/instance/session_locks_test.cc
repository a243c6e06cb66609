#include "instance/session_locks.h"

#include <gtest/gtest.h>

#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

TEST(SessionLocks, AreTakenOnceAndMoreMayCome) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock", b = folder.path() / "b.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(ours.take({a}));
  ASSERT_TRUE(ours.take({a, b})) << "its own does not keep it from another";
  EXPECT_EQ(theirs.take({b}).error().code(), ErrorCode::Lost);
  ours.remove();
  EXPECT_FALSE(std::filesystem::exists(a) || std::filesystem::exists(b));
}

TEST(SessionLocks, AreReadableForTheirOwnerAlone) {
  const Umask umask(0);
  const TempDir folder;
  SessionLocks ours;
  ASSERT_TRUE(ours.take({folder / "a.lock"}));
  EXPECT_EQ(modeOf(folder / "a.lock"), 0600u);
}

TEST(SessionLocks, AreForTheGroupThatSharesTheFolder) {
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0770);
  SessionLocks ours;
  ASSERT_TRUE(ours.take({folder / "a.lock"}));
  EXPECT_EQ(modeOf(folder / "a.lock"), 0660u);
}

TEST(SessionLocks, TakeAllOrNone) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock", b = folder.path() / "b.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(theirs.take({b}));
  EXPECT_FALSE(ours.take({a, b}));
  EXPECT_TRUE(theirs.take({a})) << "let go of again";
}

}  // namespace
}  // namespace leptir
