#include "instance/session_locks.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::instance {
namespace {

TEST(SessionLocks, MayBeTakenInSeveralCalls) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock", b = folder.path() / "b.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(ours.take({a}));
  ASSERT_TRUE(ours.take({a, b})) << "a lock that it holds already is no obstacle";
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

TEST(SessionLocks, AreReadableForTheGroupThatSharesTheFolder) {
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0770);
  SessionLocks ours;
  ASSERT_TRUE(ours.take({folder / "a.lock"}));
  EXPECT_EQ(modeOf(folder / "a.lock"), 0660u);
}

TEST(SessionLocks, OfRootInTheFolderOfAnotherUserBelongToRoot) {
  LEPTIR_NEEDS_ROOT();
  const TempDir folder;
  giveTo(kOtherUser, folder.path());
  SessionLocks ours;
  ASSERT_TRUE(ours.take({folder / "a.lock"}));
  EXPECT_EQ(ownerOf(folder / "a.lock"), ::geteuid());
}

TEST(SessionLocks, AreTakenAllOrNone) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock", b = folder.path() / "b.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(theirs.take({b}));
  EXPECT_FALSE(ours.take({a, b}));
  EXPECT_TRUE(theirs.take({a})) << "lock a must be released after the failure";
}

TEST(SessionLocks, ThatWereRemovedOrReplacedAreMadeAnew) {
  const TempDir folder;
  const auto a = folder.path() / "deep" / "a.lock", b = folder.path() / "deep" / "b.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(ours.take({a, b}));
  EXPECT_TRUE(ours.restore().value().empty());
  std::filesystem::remove(a);
  EXPECT_EQ(ours.restore().value(), std::vector{a});
  EXPECT_EQ(theirs.take({a}).error().code(), ErrorCode::Lost);
  std::filesystem::rename(folder.write("another", ""), b);
  EXPECT_EQ(ours.restore().value(), std::vector{b});
  EXPECT_EQ(theirs.take({b}).error().code(), ErrorCode::Lost);
  std::filesystem::remove_all(a.parent_path());
  EXPECT_EQ(ours.restore().value(), (std::vector{a, b}));
  EXPECT_TRUE(ours.restore().value().empty());
  ours.remove();
  EXPECT_TRUE(std::filesystem::is_empty(a.parent_path()));
}

TEST(SessionLocks, StayHeldInAFolderThatWasMoved) {
  const TempDir folder;
  const auto file = folder.path() / "old" / "a.lock";
  SessionLocks ours, theirs;
  ASSERT_TRUE(ours.take({file}));
  std::filesystem::rename(folder / "old", folder / "new");
  EXPECT_EQ(ours.restore().value(), std::vector{file});
  EXPECT_EQ(theirs.take({folder.path() / "new" / "a.lock"}).error().code(), ErrorCode::Lost);
  EXPECT_EQ(theirs.take({file}).error().code(), ErrorCode::Lost);
}

TEST(SessionLocks, AreNotRemovedIfAnotherFileHasTheirName) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock";
  SessionLocks ours;
  ASSERT_TRUE(ours.take({a}));
  std::filesystem::rename(folder.write("another", ""), a);
  ours.remove();
  EXPECT_TRUE(std::filesystem::exists(a));
}

TEST(SessionLocks, ThatCannotBeMadeForLackOfDescriptorsAreMadeLater) {
  const TempDir folder;
  const auto a = folder.path() / "a.lock";
  EXPECT_TRUE(inChild([&] {
    rlimit some{}, none{};
    ::getrlimit(RLIMIT_NOFILE, &some);
    none.rlim_max = some.rlim_max;
    SessionLocks ours, theirs;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const bool wanting = ours.take({a}) && ours.restore().error().code() == ErrorCode::Unavailable;
    ::setrlimit(RLIMIT_NOFILE, &some);
    return wanting && ours.restore().value() == std::vector{a} && theirs.take({a}).error().code() == ErrorCode::Lost;
  }));
}

}  // namespace
}  // namespace leptir::instance
