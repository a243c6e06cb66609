#include "backends/sqlite/session_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;

using Answer = LockAnswer;

bool isSessionLockHeld(const std::filesystem::path& file) {
  return tryToLockSession(file).answer == Answer::Held;
}

base::UniqueFd locked(const std::filesystem::path& file) {
  base::UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  return lock;
}

TEST(SessionLock, IsHeldAsLongAsAnyProcessOfTheInstanceLives) {
  const TempDir folder;
  const auto file = folder / "instance.lock";
  auto lock = locked(file);
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  {
    const auto masterIsGone = std::move(lock);
  }
  EXPECT_TRUE(isSessionLockHeld(file)) << "the child inherited the lock";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(isSessionLockHeld(file));
}

TEST(SessionLock, EndsWithTheAttemptThatTookIt) {
  const TempDir folder;
  const auto file = folder.write("instance.lock", "");
  EXPECT_EQ(tryToLockSession(file).answer, Answer::LockedByUs);
  {
    const auto attempt = tryToLockSession(file);
    EXPECT_EQ(attempt.owner, ::geteuid());
    EXPECT_TRUE(isSessionLockHeld(file)) << "while the attempt lives";
  }
  const auto lock = locked(file);
  EXPECT_TRUE(isSessionLockHeld(file));
}

TEST(SessionLock, AMissingFileIsReportedAsMissing) {
  const TempDir folder;
  EXPECT_EQ(tryToLockSession(folder / "none.lock").answer, Answer::Missing);
}

TEST(SessionLock, AFileThatCannotBeOpenedAnswersCannotTell) {
  const TempDir folder;
  const auto file = folder.write("instance.lock", "");
  std::filesystem::create_symlink(file, folder / "link.lock");
  std::filesystem::create_directory(folder / "folder.lock");
  EXPECT_EQ(tryToLockSession(folder / "link.lock").answer, Answer::CannotTell);
  EXPECT_EQ(tryToLockSession(folder / "folder.lock").answer, Answer::CannotTell);
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && tryToLockSession(file).answer == Answer::CannotTell;
  })) << "without free descriptors";
  std::filesystem::permissions(file, std::filesystem::perms(0));
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  EXPECT_TRUE(inChild([&] {
    const bool ordinary = ::getuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
    return ordinary && tryToLockSession(file).answer == Answer::CannotTell;
  })) << "without rights to the file";
}

TEST(SessionLock, StaleFilesAreRemovedButNotYoungOrHeldOnes) {
  const TempDir folder;
  const auto young = folder.write("young.lock", "");
  const auto held = folder.write("held.lock", "");
  const auto stale = folder.write("stale.lock", "");
  const auto wanted = folder.write("wanted.lock", "");
  const auto other = folder.write("other.bell", "");
  const auto lock = locked(held);
  for (const auto& old : {held, stale, wanted, other}) {
    std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - 2h);
  }
  removeStaleSessionLocks(folder.path(), {"wanted"});
  EXPECT_TRUE(std::filesystem::exists(young));
  EXPECT_TRUE(std::filesystem::exists(held));
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_TRUE(std::filesystem::exists(wanted)) << "the tasks of this instance are not recovered yet";
  EXPECT_FALSE(std::filesystem::exists(stale));
}

}  // namespace
}  // namespace leptir::sqlite
