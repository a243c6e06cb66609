#include "instance/start_signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "master/signals.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

// In a process of its own, since signals belong to a process. Answers its exit status; what ended it instead is 1000
// and the signal.
int inProcess(const std::function<int()>& work) {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(StartSignals, AnswersTheExitStatusOfTheWork) {
  EXPECT_EQ(inProcess([] { return StartSignals::open()->await([] { return 69; })->value_or(99); }), 69);
}

TEST(StartSignals, ATermEndsTheWorkAndNotThisProcess) {
  EXPECT_EQ(inProcess([] {
              auto signals = StartSignals::open();
              const auto parent = ::getpid();
              const auto status = signals->await([parent] {
                ::kill(parent, SIGTERM);
                for (;;) ::pause();  // a store that does not answer
                return 0;
              });
              return status && !status->has_value() ? 42 : 1;
            }),
            42);
}

TEST(StartSignals, AHupDuringTheStartIsTheMasters) {
  EXPECT_EQ(inProcess([] {
              auto signals = StartSignals::open();
              const auto parent = ::getpid();
              const auto status = signals->await([parent] { return ::kill(parent, SIGHUP); });
              if (!status || *status != 0) return 1;
              signals->handOn();
              signals->closeInChild();
              return SignalInbox::open()->next() == SIGHUP ? 42 : 2;
            }),
            42);
}

TEST(StartSignals, AStartWhoseParentIgnoresSigchldWaitsForItsChildAllTheSame) {
  EXPECT_EQ(inProcess([] {
              ::signal(SIGCHLD, SIG_IGN);
              return StartSignals::open()->await([] { return 7; })->value_or(99);
            }),
            7);
}

}  // namespace
}  // namespace leptir
