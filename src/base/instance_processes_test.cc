#include "base/instance_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "tests/support/child.h"
#include "tests/support/instance_mark.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::base {
namespace {

// Starts a program that sleeps, with the environment that a task of `instance` has.
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

TEST(KillProcessesOf, KillsProgramsOfThatInstanceOnly) {
  const auto dead = makeInstanceName();
  const auto living = makeInstanceName();
  const pid_t ended = startProgram(dead);
  const pid_t spared = startProgram(living);
  ASSERT_TRUE(waitUntil([&] { return runsAs(ended, dead) && runsAs(spared, living); }));
  EXPECT_EQ(processesOf(dead).value().size(), 1u);
  const auto result = killProcessesOf(dead).value();
  EXPECT_TRUE(result.allGone);
  EXPECT_EQ(processListText(result.signalled), std::to_string(ended) + " (sleep)");
  int status = 0;
  ::waitpid(ended, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(::waitpid(spared, &status, WNOHANG), 0);
  ::kill(spared, SIGKILL);
  ::waitpid(spared, nullptr, 0);
}

TEST(KillProcessesOf, KillsProcessesThatATaskOfThatInstanceForked) {
  const auto dead = makeInstanceName();
  const pid_t forked = startChild([&] {
    if (!setInstanceMark(dead)) return false;
    while (true) ::pause();
  });
  ASSERT_TRUE(waitUntil([&] { return hasInstanceMark(forked, dead); }));
  EXPECT_EQ(killProcessesOf(dead).value().signalled.size(), 1u);
  int status = 0;
  ::waitpid(forked, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(KillProcessesOf, KillsNothingWhileTheMasterLives) {
  const auto living = makeInstanceName();
  const pid_t master = startChild([&] {
    const auto sign = setMasterMark(living);
    if (!sign || !setInstanceMark(living)) return false;
    while (true) ::pause();
  });
  const pid_t program = startProgram(living);
  ASSERT_TRUE(waitUntil([&] { return hasInstanceMark(master, living) && runsAs(program, living); }));
  EXPECT_EQ(killProcessesOf(living).error().code(), ErrorCode::Lost);
  EXPECT_EQ(::waitpid(program, nullptr, WNOHANG), 0);
  EXPECT_EQ(::waitpid(master, nullptr, WNOHANG), 0);
  killChild(master);
  EXPECT_EQ(killProcessesOf(living).value().signalled.size(), 1u);
  ::waitpid(program, nullptr, 0);
}

TEST(KillProcessesOf, RefusesToKillTheInstanceOfTheCaller) {
  const auto own = makeInstanceName();
  EXPECT_TRUE(inChild([&] {
    if (!setInstanceMark(own)) return false;
    const pid_t other = startChild([] {
      ::pause();
      return true;
    });
    const auto answer = killProcessesOf(own);
    const bool lives = ::waitpid(other, nullptr, WNOHANG) == 0;
    killChild(other);
    return !answer && answer.error().code() == ErrorCode::Invalid && lives;
  }));
}

TEST(KillProcessesOf, RefusesTextThatIsNotTheNameOfAnInstance) {
  const pid_t program = startProgram("");
  ASSERT_TRUE(waitUntil([&] { return runsAs(program, "LEPTIR_SESSION="); }));
  for (const auto* name : {"", "../somewhere", "0123456789ABCDEF0123456789ABCDEF"}) {
    EXPECT_EQ(killProcessesOf(name).error().code(), ErrorCode::Invalid) << name;
    EXPECT_EQ(processesOf(name).error().code(), ErrorCode::Invalid) << name;
  }
  EXPECT_EQ(::waitpid(program, nullptr, WNOHANG), 0);
  killChild(program);
}

TEST(KillProcessesOf, AnswersUnavailableWithoutFreeDescriptors) {
  const auto dead = makeInstanceName();
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    const auto ended = killProcessesOf(dead);
    const auto living = processesOf(dead);
    return checkInstanceMark(::getpid(), dead) == Membership::CannotTell && !ended &&
           ended.error().code() == ErrorCode::Unavailable && !living && living.error().code() == ErrorCode::Unavailable;
  }));
}

// The kernel gives the files in /proc/<pid> of such a process to root, but the folder itself to the user of the
// process.
TEST(ProcessesOf, AnswersUnavailableForAProcessThatMayNotBeDumped) {
  LEPTIR_NEEDS_ROOT();
  EXPECT_TRUE(asUser(kOtherUser, [] {
    if (::prctl(PR_SET_DUMPABLE, 0) != 0) return false;
    const auto living = processesOf(makeInstanceName());
    return ownerOf("/proc/" + std::to_string(::getpid())) == kOtherUser && !living &&
           living.error().code() == ErrorCode::Unavailable;
  }));
}

}  // namespace
}  // namespace leptir::base
