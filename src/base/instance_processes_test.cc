#include "base/instance_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

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
