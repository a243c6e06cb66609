// Tests of the tasks that addTestTasks adds.
#include "leptir/stop_source.h"
#include "task/executor_fixture.h"
#include "tests/support/wait_until.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace leptir::task {
namespace {

using TestTasks = ExecutorTest;

TEST_F(TestTasks, RespondWithTheTextsOfPhpLeptir) {
  EXPECT_EQ(run("fail").response, "Very nice! How much?");
  EXPECT_EQ(run("fail").status, ExitStatus::Error);
  EXPECT_EQ(run("throw").response, "Task exited with exception: Very nice! How much?");
  const auto nap = run("sleep", R"({"seconds":0})");
  EXPECT_EQ(nap.response, "Task had a great nap.");
  EXPECT_EQ(nap.flow, (Lines{"sleeping"}));
}

TEST_F(TestTasks, AreKnownByTheirNames) {
  for (const auto& name : tasks.names()) EXPECT_TRUE(isTestTask(name)) << name;
  EXPECT_FALSE(isTestTask("report.make"));
}

TEST_F(TestTasks, SleepEndsWhenTheStopTokenFires) {
  TaskEnvironment environment;
  environment.name = "sleep";
  StopSource stop;
  stop.requestStop();
  environment.stopToken = stop.token();
  const auto outcome = Executor(tasks, logger, clock).run(std::move(environment), R"({"seconds":3600})");
  EXPECT_EQ(outcome.status, ExitStatus::Warning);
}

TEST_F(TestTasks, CrashIsASegmentationFault) {
  const auto child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    run("crash");
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSEGV);
}

TEST_F(TestTasks, HangIgnoresEverySignalButSigkill) {
  const auto child = ::fork();
  if (child == 0) {
    run("hang");
    ::_exit(0);
  }
  const auto ignoresAll = [&] {
    const auto status = readWholeFile("/proc/" + std::to_string(child) + "/status");
    return status.find("SigBlk:\tfffffffe") != std::string::npos;
  };
  ASSERT_TRUE(waitUntil(ignoresAll));
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1}) ::kill(child, signal);
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace leptir::task
