#include "backends/sqlite/session_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

UniqueFd locked(const std::filesystem::path& file) {
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
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
  EXPECT_TRUE(isSessionLockHeld(file)) << "the child inherited it";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(isSessionLockHeld(file));
}

TEST(SessionLock, LookingNeverDisturbsWhoLocks) {
  const TempDir folder;
  const auto file = folder.write("instance.lock", "");
  EXPECT_FALSE(isSessionLockHeld(file));
  const auto lock = locked(file);
  EXPECT_TRUE(isSessionLockHeld(file));
  EXPECT_TRUE(isSessionLockHeld(file));
}

TEST(SessionLock, AMissingFileIsHeldByNobody) {
  const TempDir folder;
  EXPECT_FALSE(isSessionLockHeld(folder / "none.lock"));
}

TEST(SessionLock, StaleFilesAreRemovedButNotYoungOnesNorHeldOnes) {
  const TempDir folder;
  const auto young = folder.write("young.lock", "");
  const auto held = folder.write("held.lock", "");
  const auto stale = folder.write("stale.lock", "");
  const auto other = folder.write("other.bell", "");
  const auto lock = locked(held);
  for (const auto& old : {held, stale, other}) {
    std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - 2h);
  }
  removeStaleSessionLocks(folder.path());
  EXPECT_TRUE(std::filesystem::exists(young));
  EXPECT_TRUE(std::filesystem::exists(held));
  EXPECT_TRUE(std::filesystem::exists(other));
  EXPECT_FALSE(std::filesystem::exists(stale));
}

}  // namespace
}  // namespace leptir
