#include "base/fork_witness.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace leptir {
namespace {

int exitStatusOf(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(ForkWitness, KnowsTheProcessThatMadeIt) {
  const ForkWitness witness;
  EXPECT_TRUE(witness.isStillTheSameProcess());
}

TEST(ForkWitness, KnowsAChildHoweverItWasForked) {
  const ForkWitness witness;
  const pid_t forked = ::fork();
  if (forked == 0) ::_exit(witness.isStillTheSameProcess() ? 1 : 7);
  EXPECT_EQ(exitStatusOf(forked), 7);
  const auto cloned = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (cloned == 0) ::_exit(witness.isStillTheSameProcess() ? 1 : 7);
  EXPECT_EQ(exitStatusOf(cloned), 7);
  EXPECT_TRUE(witness.isStillTheSameProcess());
}

TEST(ForkWitness, IsNotForAChildThatMadeItsOwn) {
  const pid_t child = ::fork();
  if (child == 0) {
    const ForkWitness witness;
    ::_exit(witness.isStillTheSameProcess() ? 7 : 1);
  }
  EXPECT_EQ(exitStatusOf(child), 7);
}

}  // namespace
}  // namespace leptir
