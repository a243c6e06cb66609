#include "base/process_view.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leptir::base {
namespace {

constexpr int kSeen = 0, kNotSeen = 1, kCannotMount = 77;

int seeWithProcessesAlone() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", 0, "hidepid=2,subset=pid") != 0)
    return kCannotMount;
  const auto view = processView();
  return view && view->boot.empty() && !view->visible.empty() ? kSeen : kNotSeen;
}

TEST(ProcessView, HasTheBootIdAndTheUser) {
  const auto view = processView();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->boot.size(), 36u);
  EXPECT_TRUE(view->visible.ends_with(" " + std::to_string(::geteuid())));
}

TEST(ProcessView, HasNoBootIdWhenProcShowsProcessesOnly) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(seeWithProcessesAlone());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "to mount /proc needs root";
  EXPECT_EQ(WEXITSTATUS(status), kSeen);
}

}  // namespace
}  // namespace leptir::base
