#include "base/proc_check.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace leptir::base {
namespace {

TEST(CheckProcFilesystem, SucceedsWhenProcShowsThisProcess) {
  EXPECT_TRUE(checkProcFilesystem());
}

// Like a container that has the /proc of the host.
TEST(CheckProcFilesystem, RefusesTheProcOfAnotherPidNamespace) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(77);
    const pid_t inside = ::fork();
    if (inside == 0) ::_exit(checkProcFilesystem().has_value() ? 1 : 0);
    int status = 0;
    ::waitpid(inside, &status, 0);
    ::_exit(WEXITSTATUS(status));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "a PID namespace needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(CheckProcFilesystem, SaysThatProcIsNotMountedAndHowToMountIt) {
  constexpr int kCannotMount = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/proc", "tmpfs", 0, nullptr) != 0)
      ::_exit(kCannotMount);
    const auto shown = checkProcFilesystem();
    const bool isReported =
        !shown && shown.error().code() == ErrorCode::Unavailable &&
        shown.error().message() ==
            "/proc is not mounted, and an instance needs that of its own PID namespace: mount -t proc proc /proc";
    ::_exit(isReported ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "to mount over /proc needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace leptir::base
