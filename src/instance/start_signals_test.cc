#include "instance/start_signals.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "master/signals.h"
#include "tests/support/wait_until.h"

namespace leptir::instance {
namespace {

// Runs `work` in a process of its own, since signals belong to a process. Answers its exit status, or 1000 plus the
// signal that ended it.
int inProcess(const std::function<int()>& work) {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(StartSignals, AnswersTheExitStatusOfTheWork) {
  EXPECT_EQ(inProcess([] { return StartSignals::open()->runInChild([] { return 69; })->value_or(99); }), 69);
}

TEST(StartSignals, ATermEndsTheWorkAndNotThisProcess) {
  EXPECT_EQ(inProcess([] {
              auto signals = StartSignals::open();
              const auto parent = ::getpid();
              const auto status = signals->runInChild([parent] {
                ::kill(parent, SIGTERM);
                for (;;) ::pause();  // a store that does not answer
                return 0;
              });
              return status && !status->has_value() ? 42 : 1;
            }),
            42);
}

// A killed process whose tracer does not wait for it cannot be reaped by its parent, like a process that hangs in the
// kernel. Returns 7 where no process may be traced.
int workThatCannotBeReaped(const int (&pipe)[2], int parent) {
  ::close(pipe[1]);
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  const auto tracer = ::fork();
  if (tracer == 0) {
    if (::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr) != 0) ::_exit(1);
    ::kill(parent, SIGTERM);
    char byte = 0;
    ::_exit(::read(pipe[0], &byte, 1) == 0 ? 0 : 1);  // until `parent` has ended
  }
  ::waitpid(tracer, nullptr, 0);
  return 7;
}

TEST(StartSignals, ATermDoesNotWaitForeverForWorkThatCannotBeKilled) {
  const auto result = inProcess([] {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return 2;
    auto signals = StartSignals::open();
    const auto work = [&pipe, parent = ::getpid()] { return workThatCannotBeReaped(pipe, parent); };
    const auto status = signals->runInChild(work, std::chrono::milliseconds(100));
    if (status && *status == 7) return 7;
    const bool isThereStill = ::waitpid(-1, nullptr, WNOHANG) == 0;
    return status && !status->has_value() && isThereStill ? 42 : 1;
  });
  if (result == 7) GTEST_SKIP() << "no process may be traced here";
  EXPECT_EQ(result, 42);
}

TEST(StartSignals, AHupDuringTheStartIsSentToTheMasterLater) {
  EXPECT_EQ(inProcess([] {
              auto signals = StartSignals::open();
              const auto parent = ::getpid();
              const auto status = signals->runInChild([parent] { return ::kill(parent, SIGHUP); });
              if (!status || *status != 0) return 1;
              signals->resendSignalToMaster();
              signals->closeInChild();
              return master::SignalInbox::open()->next() == SIGHUP ? 42 : 2;
            }),
            42);
}

TEST(StartSignals, WaitsForItsChildEvenIfSigchldIsIgnored) {
  EXPECT_EQ(inProcess([] {
              ::signal(SIGCHLD, SIG_IGN);
              return StartSignals::open()->runInChild([] { return 7; })->value_or(99);
            }),
            7);
}

}  // namespace
}  // namespace leptir::instance
