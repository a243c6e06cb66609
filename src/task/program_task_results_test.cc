// Programs that answer on descriptor 3, or through the file that LEPTIR_RESULT names.
#include "task/program_task_fixture.h"
#include "tests/support/wait_until.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <thread>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

class ProgramTaskResultsTest : public ProgramTaskTest {
 protected:
  // As files: braces in a command name parameters.
  Outcome runPython(const std::string& script) {
    return run({.command = {"python3", folder.write("script.py", script).string()}});
  }
  Outcome runShell(const std::string& script) {
    return run({.command = {"/bin/sh", folder.write("script.sh", script).string()}});
  }
  std::string log() const { return readWholeFile(logFile); }
  // Fires the stop token as soon as the program has made the file `said`.
  std::jthread stopOnceSaid() {
    return std::jthread([this] {
      waitUntil([&] { return std::filesystem::exists(folder / "said"); });
      stop.requestStop();
    });
  }
  std::string said() const { return (folder / "said").string(); }
};

TEST_F(ProgramTaskResultsTest, AProgramReportsOnDescriptorThree) {
  const auto outcome = runShell(R"(
    echo '{"state": "reading"}' >&3
    echo '{"progress": 0.5, "text": "half way", "state": "writing"}' >&3
    echo '{"response": "wrote 3 rows"}' >&3
    echo '{"result": {"rows": 3}, "log": "wrote rows", "level": "info"}' >&3
    echo done)");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.cause, Cause::Finished);
  EXPECT_EQ(outcome.response, "done wrote 3 rows");
  EXPECT_EQ(outcome.result, R"({"rows": 3})");
  EXPECT_THAT(outcome.flow, ElementsAre("reading", "writing"));
  EXPECT_THAT(progress, ElementsAre(Pair(0.5, "half way")));
  EXPECT_THAT(log(), HasSubstr("INFO (6): [id/1](prog) wrote rows\n"));
}

TEST_F(ProgramTaskResultsTest, TheFileThatLeptirResultNamesTakesTheSameLines) {
  const auto outcome = runShell(R"(
    exec 3>&-
    echo '{"state": "appended"}' >> "$LEPTIR_RESULT"
    echo '{"state": "overwritten"}' > "$LEPTIR_RESULT"
    sh -c 'exec 3>&-; echo "{\"result\": 5}" >> "$LEPTIR_RESULT"')");
  EXPECT_EQ(outcome.response, "");
  EXPECT_THAT(outcome.flow, ElementsAre("appended", "overwritten"));
  EXPECT_EQ(outcome.result, "5");
}

TEST_F(ProgramTaskResultsTest, TheFileThatLeptirResultNamesTakesLinesFromPython) {
  const auto outcome = runPython(R"(
import json, os, subprocess, sys
with open(os.environ["LEPTIR_RESULT"], "a") as results:
    print(json.dumps({"state": "in Python"}), file=results)
tool = 'open(__import__("os").environ["LEPTIR_RESULT"], "w").write("{\\"result\\": [1]}")'
subprocess.run([sys.executable, "-c", tool], check=True))");
  EXPECT_EQ(outcome.response, "");
  EXPECT_THAT(outcome.flow, ElementsAre("in Python"));
  EXPECT_EQ(outcome.result, "[1]");
}

TEST_F(ProgramTaskResultsTest, TheFileIsGoneAfterTheRun) {
  const auto outcome = runShell("echo $LEPTIR_RESULT");
  EXPECT_THAT(outcome.response, StartsWith("/proc/"));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(outcome.response)));
}

TEST_F(ProgramTaskResultsTest, ProgressIsShownWhileTheProgramRuns) {
  std::jthread program(
      [&] { runShell("echo '{\"progress\": 0.4}' >&3; until [ -e " + said() + " ]; do sleep 0.01; done"); });
  const bool isShown = waitUntil([&] { return lastProgress.load() == 0.4; });
  folder.write("said", "");
  EXPECT_TRUE(isShown);
}

TEST_F(ProgramTaskResultsTest, RetryAfterWinsOverTheExitStatus) {
  const auto outcome = runShell(R"(echo '{"retry_after": 30, "response": "the other side is busy"}' >&3; exit 1)");
  EXPECT_EQ(outcome.cause, Cause::RetryLater);
  EXPECT_EQ(outcome.retryAfter, 30s);
  EXPECT_EQ(outcome.status, ExitStatus::Unknown);
  EXPECT_EQ(outcome.response, "the other side is busy Program exited with code 1.");
}

TEST_F(ProgramTaskResultsTest, DiscardWinsOverTheExitStatus) {
  const auto outcome = runShell(R"(echo '{"discard": "the account is gone"}' >&3; exit 1)");
  EXPECT_EQ(outcome.cause, Cause::Discarded);
  EXPECT_THAT(outcome.response, StartsWith("the account is gone"));
}

TEST_F(ProgramTaskResultsTest, ACrashWinsOverRetryAfterAndDiscard) {
  const auto outcome = runShell(R"(echo '{"discard": "gone"}' >&3; kill -SEGV $$)");
  EXPECT_EQ(outcome.cause, Cause::Crashed);
}

TEST_F(ProgramTaskResultsTest, ACrashedProgramsRecordHasWhatItSaid) {
  const auto outcome = runShell(R"(
    echo '{"state": "reading", "response": "opened", "progress": 0.25, "text": "row 5", "result": 5}' >&3
    echo out; echo err >&2; kill -SEGV $$)");
  EXPECT_EQ(outcome.cause, Cause::Crashed);
  EXPECT_EQ(outcome.response,
            "out opened Its last progress was 25 % (row 5). Program was ended by signal 11 (Segmentation fault).");
  EXPECT_THAT(outcome.flow, ElementsAre("reading"));
  EXPECT_EQ(outcome.result, "5");
  EXPECT_EQ(outcome.stderrTail, "err\n");
}

TEST_F(ProgramTaskResultsTest, WhatItSaidIsStoredWhenAStopIsRequested) {
  Outcome stored;
  onProvisionalOutcome = [&](const Outcome& unfinished) {
    stored = unfinished;
    folder.write("go", "");
    return true;
  };
  const auto stopper = stopOnceSaid();
  runShell(R"(echo '{"state": "s", "response": "r", "progress": 0.9, "result": {"n": 1}}' >&3; echo out; : >)" +
           said() + "; until [ -e " + (folder / "go").string() + " ]; do sleep 0.01; done");
  EXPECT_EQ(stored.response, "out r Its last progress was 90 %.");
  EXPECT_THAT(stored.flow, ElementsAre("s"));
  EXPECT_EQ(stored.result, R"({"n": 1})");
}

TEST_F(ProgramTaskResultsTest, WrongLinesAreToldAndChangeNoOutcome) {
  const auto outcome = runShell(R"(
    printf '\377\000binary\n{"result": 1}\nnonsense\n' >&3; echo well)");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.result, "1");
  EXPECT_THAT(outcome.response, StartsWith("well [Result line 1 is wrong: "));
  EXPECT_THAT(outcome.response, HasSubstr("; and 1 more mistake.]"));
  EXPECT_THAT(log(), HasSubstr("WARN (4): [id/1](prog) Result line 3 is wrong: "));
}

TEST_F(ProgramTaskResultsTest, AProgramMayWriteResultLinesWithoutEnd) {
  const auto stopper = stopOnceSaid();
  onProvisionalOutcome = [&](const Outcome&) {
    folder.write("enough", "");
    return true;
  };
  const auto outcome = runShell("(while :; do echo '{\"response\": \"x\"}' >&3; done) & n=0; until [ -e " +
                                (folder / "enough").string() + " ]; do : > " + said() + "; sleep 0.01; done; kill $!");
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_LT(outcome.response.size(), 2 * 64u * 1024);
}

TEST_F(ProgramTaskResultsTest, AChildThatKeepsDescriptorThreeOpenDelaysNothing) {
  const auto outcome = runShell("echo '{\"result\": 1}' >&3; sleep 1000 >/dev/null 2>&1 & echo $!");
  const pid_t left = std::stoi(outcome.response);
  ::kill(left, SIGKILL);
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_EQ(outcome.result, "1");
  EXPECT_LT(outcome.executionTime, 30s);
}

TEST_F(ProgramTaskResultsTest, AChildThatWritesToDescriptorThreeWithoutEndDelaysNothing) {
  const auto outcome = runShell("(while :; do echo '{\"progress\": 0.1}'; done) >&3 2>/dev/null & echo $!");
  const pid_t left = std::stoi(outcome.response);
  ::kill(left, SIGKILL);
  EXPECT_EQ(outcome.status, ExitStatus::Success);
  EXPECT_LT(outcome.executionTime, 30s);
}

TEST_F(ProgramTaskResultsTest, AllThatWasWrittenBeforeTheExitIsRead) {
  const auto outcome = runPython(R"(
import os
for i in range(2000): os.write(3, b'{"state": "%d"}\n' % i)
os._exit(0))");
  ASSERT_EQ(outcome.flow.size(), 2000u);
  EXPECT_EQ(outcome.flow.back(), "1999");
}

TEST_F(ProgramTaskResultsTest, AResultLargerThanThePipeArrivesWhole) {
  const auto outcome = runPython(R"(
import json, os
with open(os.environ["LEPTIR_RESULT"], "w") as results: results.write(json.dumps({"result": "x" * 900000})))");
  EXPECT_EQ(outcome.result.size(), 900'002u);
  EXPECT_EQ(outcome.response, "");
}

TEST_F(ProgramTaskResultsTest, TheFileOfALaterRunIsAnotherOne) {
  const auto first = runShell("echo $LEPTIR_RESULT").response;
  fence = 78;
  EXPECT_NE(runShell("echo $LEPTIR_RESULT").response, first);
}

TEST_F(ProgramTaskResultsTest, ARunThatOnlyWaitsForAProgramSaysSo) {
  runShell(":");
  EXPECT_EQ(programsNoted, 1);
}

}  // namespace
}  // namespace leptir::task
