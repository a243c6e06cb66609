#include "base/fork_detector.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace leptir::base {
namespace {

int exitStatusOf(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(ForkDetector, RecognisesTheProcessThatConstructedIt) {
  const ForkDetector witness;
  EXPECT_TRUE(witness.isSameProcess());
}

TEST(ForkDetector, DetectsAChildMadeByForkOrByARawCloneCall) {
  const ForkDetector witness;
  const pid_t forked = ::fork();
  if (forked == 0) ::_exit(witness.isSameProcess() ? 1 : 7);
  EXPECT_EQ(exitStatusOf(forked), 7);
  const auto cloned = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (cloned == 0) ::_exit(witness.isSameProcess() ? 1 : 7);
  EXPECT_EQ(exitStatusOf(cloned), 7);
  EXPECT_TRUE(witness.isSameProcess());
}

TEST(ForkDetector, RecognisesAChildThatConstructedItsOwn) {
  const pid_t child = ::fork();
  if (child == 0) {
    const ForkDetector witness;
    ::_exit(witness.isSameProcess() ? 7 : 1);
  }
  EXPECT_EQ(exitStatusOf(child), 7);
}

}  // namespace
}  // namespace leptir::base
