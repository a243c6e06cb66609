#include "backends/sqlite/session_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "base/unique_fd.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

UniqueFd locked(const std::filesystem::path& file) {
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  return lock;
}

// A program that sleeps, with the environment of a task of `instance`.
pid_t startProgram(const std::string& instance) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const auto session = "LEPTIR_SESSION=" + instance;
  const char* const arguments[] = {"sleep", "1000", nullptr};
  const char* const environment[] = {"PATH=/usr/bin:/bin", session.c_str(), nullptr};
  ::execve("/bin/sleep", const_cast<char**>(arguments), const_cast<char**>(environment));
  ::_exit(127);
}

bool runsAs(pid_t process, const std::string& entry) {
  return readWholeFile("/proc/" + std::to_string(process) + "/environ").find(entry) != std::string::npos;
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

TEST(SessionLock, InstanceNamesFitForFiles) {
  EXPECT_TRUE(isInstanceName(makeInstanceName()));
  EXPECT_FALSE(isInstanceName(""));
  EXPECT_FALSE(isInstanceName(std::string(32, 'F')));
  EXPECT_FALSE(isInstanceName("../../../../../../../../etc/pass"));
}

TEST(EndProcessesOf, EndsProgramsOfThatInstanceOnly) {
  const auto dead = makeInstanceName();
  const auto living = makeInstanceName();
  const pid_t ended = startProgram(dead);
  const pid_t spared = startProgram(living);
  ASSERT_TRUE(waitUntil([&] { return runsAs(ended, dead) && runsAs(spared, living); }));
  EXPECT_TRUE(endProcessesOf(dead));
  int status = 0;
  ::waitpid(ended, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(::waitpid(spared, &status, WNOHANG), 0);
  ::kill(spared, SIGKILL);
  ::waitpid(spared, nullptr, 0);
}

TEST(EndProcessesOf, EndsWhatATaskOfThatInstanceForked) {
  const auto dead = makeInstanceName();
  const pid_t forked = startChild([&] {
    if (!bearMark(dead)) return false;
    while (true) ::pause();
  });
  ASSERT_TRUE(waitUntil([&] { return bearsMark(forked, dead); }));
  EXPECT_TRUE(endProcessesOf(dead));
  int status = 0;
  ::waitpid(forked, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace leptir
