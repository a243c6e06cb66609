// Programs as tasks: what becomes of their output and of the way they end.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "task/program_task_fixture.h"
#include "tests/support/wait_until.h"

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProgramTaskTest, JoinsTheLinesOfStdoutToTheResponse) {
  const auto outcome = runShell("echo one; printf 'two\\nthree'");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "one two three");
}

TEST_F(ProgramTaskTest, IsAWarningWithAConfiguredExitCode) {
  const auto outcome = run({.command = {"/bin/sh", "-c", "echo hm; exit 3"}, .warningExitCodes = {2, 3}});
  EXPECT_EQ(outcome.status, ExitStatus::Warning);
  EXPECT_EQ(outcome.response, "hm");
}

TEST_F(ProgramTaskTest, IsAnErrorWithAnyExitCodeThatIsNotConfigured) {
  const auto outcome = runShell("echo hm; exit 4");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "hm Program exited with code 4.");
}

TEST_F(ProgramTaskTest, WritesStderrToTheLogAndToTheRecord) {
  const auto outcome = runShell("echo trouble >&2; printf 'more' >&2; exit 1");
  EXPECT_EQ(outcome.stderrTail, "trouble\nmore");
  const auto log = readWholeFile(logFile);
  EXPECT_THAT(log, HasSubstr("WARN (4): [id/1](prog) trouble\n"));
  EXPECT_THAT(log, HasSubstr("WARN (4): [id/1](prog) more\n"));
}

TEST_F(ProgramTaskTest, LogsOnlyTheBeginningOfALongStderr) {
  runShell("yes trouble | head -c 10000000 >&2; echo the end >&2");
  const auto log = readWholeFile(logFile);
  EXPECT_LT(log.size(), 10 * kMaxProgramOutput);
  EXPECT_THAT(log, HasSubstr("[More of the program's stderr is not logged: 64 KiB of a run are."));
  EXPECT_THAT(log, testing::Not(HasSubstr("the end")));
}

TEST_F(ProgramTaskTest, RecordsTheEndOfALongStderr) {
  const auto outcome = runShell("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo the end >&2");
  EXPECT_EQ(outcome.stderrTail.size(), kMaxProgramOutput);
  EXPECT_TRUE(outcome.stderrTail.ends_with("xthe end\n"));
}

TEST_F(ProgramTaskTest, ReadsAndDropsStdoutBeyondItsLimit) {
  const auto outcome = runShell("head -c 100000000 /dev/zero | tr '\\0' x; exit 7");
  EXPECT_THAT(
      outcome.response,
      StartsWith(std::string(kMaxProgramOutput, 'x').append(" [The program's output was cut here: 64 KiB are kept.]")));
  EXPECT_THAT(outcome.response, HasSubstr("exited with code 7"));
}

TEST_F(ProgramTaskTest, KeepsOutputBytesThatAreNotUtf8) {
  EXPECT_EQ(runShell("printf '\\377\\001'").response, "\xff\x01");
}

TEST_F(ProgramTaskTest, RecordsACrashWhenASignalEndsTheProgram) {
  const auto outcome = runShell("echo before; kill -SEGV $$");
  EXPECT_EQ(outcome.status, ExitStatus::Error);
  EXPECT_EQ(outcome.cause, Cause::Crashed);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_EQ(outcome.response, "before Program was ended by signal 11 (Segmentation fault).");
  EXPECT_FALSE(outcome.thrown);
}

TEST_F(ProgramTaskTest, EndsAlthoughAChildOfTheProgramKeepsTheOutputOpen) {
  const auto outcome = runShell("sleep 1000 & echo $!");
  const pid_t left = std::stoi(outcome.response);
  EXPECT_EQ(::kill(left, 0), 0);
  ::kill(left, SIGKILL);
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_LT(outcome.executionTime, 30s);
}

TEST_F(ProgramTaskTest, StoresTheOutputSoFarWhenAStopIsRequested) {
  const auto go = folder / "go";
  std::vector<std::string> left;
  onProvisionalOutcome = [&](const Outcome& unfinished) {
    left.push_back(unfinished.response + "|" + unfinished.stderrTail);
    if (left.size() == 2) folder.write("go", "");
    return left.size() > 1;  // the first attempt fails
  };
  std::thread stopper([&] {
    waitUntil([&] { return std::filesystem::exists(folder / "said"); });
    stop.requestStop();
  });
  const auto outcome = runShell("echo one; echo err >&2; : >" + (folder / "said").string() + "; until [ -e " +
                                go.string() + " ]; do sleep 0.01; done; printf two");
  stopper.join();
  EXPECT_EQ(outcome.response, "one two");
  ASSERT_GE(left.size(), 2u);
  EXPECT_EQ(left[0], "one|err\n");
  EXPECT_EQ(left[1], "one|err\n") << "stored again, since the first attempt failed";
}

TEST_F(ProgramTaskTest, MeasuresTheCpuTimeOfTheProgram) {
  EXPECT_GT(runShell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done").cpuTime, 10ms);
}

}  // namespace
}  // namespace leptir::task
