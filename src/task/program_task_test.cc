// Programs as tasks: what a program gets, and the process that it runs in.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "task/program_task_fixture.h"
#include "tests/support/child.h"

namespace leptir::task {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProgramTaskTest, PassesArgumentsWithoutAShell) {
  EXPECT_EQ(
      run({.command = {"/bin/echo", "hello {name}", "{list}", "{{x}}"}}, {{"name", "$(id); rm -rf"}, {"list", {1, 2}}})
          .response,
      "hello $(id); rm -rf [1,2] {x}");
}

TEST_F(ProgramTaskTest, FailsWithAnInputErrorWhenAParameterIsMissing) {
  const auto outcome = run({.command = {"/bin/echo", "{name}"}});
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Threw);
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_THAT(outcome.response, HasSubstr("Parameter: name"));
}

TEST_F(ProgramTaskTest, FindsAProgramWithoutASlashInThePath) {
  EXPECT_EQ(run({.command = {"echo", "x"}}).response, "x");
}

TEST_F(ProgramTaskTest, WritesParametersToStdinAsTheyWerePushed) {
  const std::string pushed = "{\"zeta\":123456789012345678901234, \"f\":1.50,\n\"alpha\":\"č\\u010d/\"}";
  const auto heard = runText({.command = {"/bin/cat"}}, pushed).response;
  EXPECT_THAT(heard, HasSubstr(R"("parameters":{"zeta":123456789012345678901234, "f":1.50, "alpha":"č\u010d/"},)"));
}

TEST_F(ProgramTaskTest, DoesNotStartTheProgramWhenTheParametersAreNoJson) {
  const auto outcome = runText({.command = {"/bin/cat"}}, "{\"a\":nonsense}");
  EXPECT_EQ(outcome.thrown->type, "leptir::InputError");
  EXPECT_THAT(outcome.response, HasSubstr("Parameters cannot be read: not JSON at byte"));
}

TEST_F(ProgramTaskTest, WritesTheTaskToStdinAsOneLineOfJson) {
  EXPECT_EQ(
      runShell("cat", {{"b", 1.0}, {"a", "č/"}}).response,
      R"({"id":"id\/1","name":"prog","parameters":{"a":"\u010d/","b":1.0},"attempt":2,"fence":77,"timeLimit":30})");
  EXPECT_EQ(runShell("wc -l").response, "1");
}

TEST_F(ProgramTaskTest, WritesJsonThatPythonCanRead) {
  EXPECT_EQ(run({.command = {"python3", "-c", "import json,sys; print(json.load(sys.stdin)['parameters']['n'] + 1)"}},
                {{"n", 41}})
                .response,
            "42");
}

TEST_F(ProgramTaskTest, SucceedsWhenTheProgramDoesNotReadItsStdin) {
  EXPECT_EQ(runShell("exec 0<&-; echo done", {{"large", std::string(1'000'000, 'x')}}).response, "done");
}

TEST_F(ProgramTaskTest, WritesALargeTaskToStdinCompletely) {
  EXPECT_GT(std::stol(runShell("wc -c", {{"large", std::string(8'000'000, 'x')}}).response), 8'000'000);
}

TEST_F(ProgramTaskTest, GivesTheProgramOnlyTheDocumentedEnvironment) {
  ::setenv("HOME", "/home/tester", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  ::setenv("LEPTIR_TEST_SECRET", "hush", 1);
  const auto outcome =
      run({.command = {"/usr/bin/env"}, .environment = {{"COLOUR", "blue"}, {"LANG", "C"}, {"LEPTIR_FENCE", "1"}}});
  ::unsetenv("LEPTIR_TEST_SECRET");
  EXPECT_THAT(outcome.response, StartsWith("COLOUR=blue HOME=/home/tester LANG=C LEPTIR_ATTEMPT=2 LEPTIR_FENCE=77 "
                                           "LEPTIR_SESSION=session/1 LEPTIR_TASK_ID=id/1 PATH=" +
                                           std::string(::getenv("PATH")) + " LEPTIR_RESULT=/proc/" +
                                           std::to_string(::getpid()) + "/fd/"));
}

TEST_F(ProgramTaskTest, GetsTheTraceparentOfItsRunAndNoInheritedOne) {
  ::setenv("TRACEPARENT", "00-11111111111111111111111111111111-1111111111111111-01", 1);
  EXPECT_EQ(runShell("printenv TRACEPARENT || echo none").response, "none");
  traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(runShell("echo $TRACEPARENT").response, traceparent);
  ::unsetenv("TRACEPARENT");
}

TEST_F(ProgramTaskTest, RunsTheProgramInItsWorkingDirectory) {
  const auto real = std::filesystem::canonical(folder.path()).string();
  EXPECT_EQ(run({.command = {"/bin/pwd"}, .directory = real}).response, real);
}

TEST_F(ProgramTaskTest, FindsARelativeProgramInItsWorkingDirectory) {
  const auto script = folder.write("run", "#!/bin/sh\necho here\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(run({.command = {"./run"}, .directory = folder.path().string()}).response, "here");
}

TEST_F(ProgramTaskTest, PassesNoDescriptorsOfTheWorkerToTheProgram) {
  const int leaked = ::dup(STDERR_FILENO);  // without close-on-exec
  const auto outcome = runShell("ls /proc/self/fd | tr '\\n' ' '");
  ::close(leaked);
  EXPECT_EQ(outcome.response, "0 1 2 3 4 ") << "3 takes result lines, and 4 is the directory that ls reads";
}

TEST_F(ProgramTaskTest, StartsTheProgramWithDefaultSignalHandlersAndNoBlockedSignals) {
  sigset_t blocked, before;
  ::sigfillset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ::signal(SIGUSR1, SIG_IGN);
  const auto outcome = runShell("grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2");
  ::signal(SIGUSR1, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::istringstream masks(outcome.response);
  std::uint64_t stillBlocked = 0, stillIgnored = 0;
  masks >> std::hex >> stillBlocked >> stillIgnored;
  EXPECT_EQ(stillBlocked, 0u);
  EXPECT_EQ(stillIgnored & 0x7fffffff, 0u) << "signals 32 and 33 are the C library's own";
}

TEST_F(ProgramTaskTest, MakesTheProgramLeadAProcessGroupInTheWorkersSession) {
  int program = 0, group = 0, session = 0;
  std::istringstream(runShell("echo $$; cut -d' ' -f5,6 /proc/self/stat").response) >> program >> group >> session;
  EXPECT_GT(group, 0);
  EXPECT_EQ(group, program);
  EXPECT_EQ(session, ::getsid(0));
}

TEST_F(ProgramTaskTest, WorksInAProcessWhoseStandardStreamsAreClosed) {
  const auto child = ::fork();
  if (child == 0) {
    for (const int stream : {0, 1, 2}) ::close(stream);
    const auto outcome = runShell("cat >/dev/null; echo out; echo err >&2");
    ::_exit(outcome.response == "out" && outcome.stderrTail == "err\n" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ProgramTaskTest, CanReadParametersLargerThanItsLimitOnFileSizes) {
  limits.fileSize = 4096;
  const auto isRun = [&] {
    ::signal(SIGXFSZ, SIG_DFL);
    const rlimit soft{4096, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &soft);
    const auto outcome = runShell(
        "wc -c; n=0; until [ $(ulimit -H -f) = 8 ] || [ $n = 1000 ]; do n=$((n+1)); sleep 0.01; done; ulimit -H -f",
        {{"text", std::string(10'000, 'x')}});
    return std::stoi(outcome.response) > 10'000 && outcome.response.ends_with(" 8");  // blocks of 512 bytes
  };
  EXPECT_TRUE(inChild(isRun));
}

TEST_F(ProgramTaskTest, LeaksNoDescriptorsAndNoProcesses) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  runShell("true");
  const auto before = descriptors();
  for (int i = 0; i < 20; ++i) runShell("true");
  run({.command = {"/no/such/program"}});
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace leptir::task
