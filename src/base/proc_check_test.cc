#include "base/proc_check.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace leptir {
namespace {

TEST(CheckProc, IsFineWhereProcShowsThisProcess) {
  EXPECT_TRUE(checkProc());
}

// What a container shows that was given the host's /proc.
TEST(CheckProc, RefusesThatOfAnotherPidNamespace) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(77);
    const pid_t inside = ::fork();
    if (inside == 0) ::_exit(checkProc().has_value() ? 1 : 0);
    int status = 0;
    ::waitpid(inside, &status, 0);
    ::_exit(WEXITSTATUS(status));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "a PID namespace needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace leptir
