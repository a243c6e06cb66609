// Crash reports: the record of a task whose worker died says how it died and where.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <map>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CrashReportTest : public Installation {
 protected:
  CrashReportTest() { program = buildFolder() / "dying_tasks"; }

  // Runs the task until its first crash and returns the record; the task would be tried twice more.
  Json deathOf(const std::string& task, std::vector<std::string> more = {}) {
    more.insert(more.begin(), task);
    const auto id = push(more);
    const auto instance = start();
    EXPECT_TRUE(eventually([&] {
      const auto answer = leptir({"info", id});
      return answer.exit == 0 && answer.json().contains("cause");
    })) << instance->output();
    const auto record = info(id);
    instance->signal(SIGTERM);
    instance->waitForExit();
    errors = instance->output();
    return record;
  }

  static std::string text(const Json& record, const char* key) { return record.value(key, ""); }
  static std::vector<std::string> stack(const Json& record) {
    return record.value("stack", std::vector<std::string>());
  }
  // Matches a stack with a frame of this function, the file dying_tasks.cc and a line.
  static auto hasFrame(const std::string& function) {
    return Contains(AllOf(HasSubstr(function), ContainsRegex("dying_tasks\\.cc:[0-9]+")));
  }

  std::string errors;  // the stdout and stderr of the instance
};

TEST_F(CrashReportTest, ASegmentationFaultIsRecordedWithAddressAndStack) {
  const auto record = deathOf("segv");
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("signal"), SIGSEGV);
  EXPECT_THAT(text(record, "respM"), StartsWith("killed by signal 11 (Segmentation fault) at address 0x0, in dying::"));
  ASSERT_FALSE(stack(record).empty());
  EXPECT_THAT(stack(record)[0], AllOf(HasSubstr("dying::writeNowhere()"), HasSubstr("dying_tasks.cc:")));
  EXPECT_THAT(stack(record), Not(Contains(HasSubstr("runWorker")))) << "the frames of the worker itself are cut off";
  EXPECT_GT(record.at("maxRss").get<double>(), 1e6);
  EXPECT_GT(record.at("cpuTime").get<double>(), 0);
  EXPECT_TRUE(record.contains("envelope"));
}

TEST_F(CrashReportTest, ACallOfAnInvalidAddressIsRecordedWithItsCaller) {
  const auto record = deathOf("call_nowhere");
  EXPECT_EQ(record.at("signal"), SIGSEGV);
  EXPECT_THAT(text(record, "respM"), HasSubstr("at address 0x10, in dying::callNowhere()"));
  EXPECT_THAT(stack(record), hasFrame("callNowhere"));
}

TEST_F(CrashReportTest, AStackOverflowIsRecordedWithItsFrames) {
  const auto record = deathOf("overflow");
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("signal"), SIGSEGV);
  EXPECT_THAT(text(record, "respM"), StartsWith("stack overflow, killed by signal 11"));
  EXPECT_GT(stack(record).size(), 50u);
  EXPECT_THAT(stack(record), hasFrame("dying::recurse(int)"));
}

TEST_F(CrashReportTest, AnAbortIsRecordedWithItsCaller) {
  const auto record = deathOf("abort");
  EXPECT_EQ(record.at("signal"), SIGABRT);
  EXPECT_THAT(text(record, "respM"), StartsWith("killed by signal 6 (Aborted)"));
  EXPECT_THAT(stack(record), hasFrame("operator()"));
}

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer has its own heap and cannot run under a limit of addresses
TEST_F(CrashReportTest, HeapCorruptionIsRecordedWithTheStackOfItsDetection) {
  const auto record = deathOf("heap");
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("signal"), SIGABRT);
  EXPECT_THAT(text(record, "respM"), AllOf(StartsWith("smashed heap ("), HasSubstr("killed by signal 6")));
  EXPECT_THAT(stack(record), hasFrame("dying::smashTheHeap()"));
  EXPECT_FALSE(text(record, "stderr").empty());
}

TEST_F(CrashReportTest, AnUncaughtBadAllocIsRecordedAsOutOfMemory) {
  const auto record = deathOf("grow_thread");
  EXPECT_EQ(record.at("cause"), "out_of_memory");
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_THAT(text(record, "respM"), StartsWith("out of memory: uncaught exception std::bad_alloc"));
  EXPECT_GT(record.at("maxRss").get<double>(), 1e8);
}

TEST_F(CrashReportTest, ATaskThatThrowsBadAllocFailsWithoutACrash) {
  const auto record = deathOf("grow");
  EXPECT_EQ(record.at("cause"), "threw");
  EXPECT_THAT(text(record, "respM"), HasSubstr("bad_alloc"));
}
#endif

TEST_F(CrashReportTest, AnUncaughtExceptionIsRecordedWithTypeAndText) {
  const auto record = deathOf("thread");
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("signal"), SIGABRT);
  EXPECT_THAT(text(record, "respM"), StartsWith("uncaught exception std::runtime_error: nobody catches this"));
  EXPECT_THAT(stack(record), hasFrame("operator()"));
  EXPECT_THAT(text(record, "stderr"), HasSubstr("nobody catches this"));
}

TEST_F(CrashReportTest, AnExceptionThroughNoexceptIsRecordedWithTypeAndText) {
  const auto record = deathOf("noexcept");
  EXPECT_THAT(text(record, "respM"), StartsWith("uncaught exception std::logic_error: through noexcept"));
  EXPECT_THAT(stack(record), hasFrame("throwSomething"));
}

TEST_F(CrashReportTest, ACallOfTerminateIsRecorded) {
  const auto record = deathOf("terminate");
  EXPECT_EQ(record.at("signal"), SIGABRT);
  EXPECT_THAT(text(record, "respM"), StartsWith("ended by std::terminate"));
  EXPECT_THAT(stack(record), hasFrame("operator()"));
}

TEST_F(CrashReportTest, CallsOfExitQuickExitAndUnderscoreExitAreToldApart) {
  const auto exit = deathOf("exit");
  EXPECT_EQ(exit.at("cause"), "crashed");
  EXPECT_FALSE(exit.contains("signal"));
  EXPECT_THAT(text(exit, "respM"), StartsWith("ended by exit(3) inside the task"));
  EXPECT_THAT(stack(exit), hasFrame("operator()"));
  EXPECT_THAT(text(deathOf("quick_exit"), "respM"), StartsWith("ended by quick_exit(5) inside the task"));
  EXPECT_EQ(text(deathOf("_exit"), "respM"), "ended by _exit(7) inside the task");
}

TEST_F(CrashReportTest, AKillFromOutsideIsRecordedAsSuch) {
  const auto record = deathOf("kill");
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("signal"), SIGKILL);
  EXPECT_EQ(text(record, "respM"), "killed by signal 9 (Killed) from outside");
  EXPECT_TRUE(stack(record).empty());
}

TEST_F(CrashReportTest, ATaskOverItsTimeLimitIsRecordedWithItsStack) {
  const auto record = deathOf("spin", {"--timeLimit=1"});
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_EQ(record.at("retC"), 5);
  EXPECT_EQ(record.at("signal"), SIGKILL);
  EXPECT_THAT(stack(record), hasFrame("dying::hang()"));
  EXPECT_GT(record.at("cpuTime").get<double>(), 0.1);
}

TEST_F(CrashReportTest, ACrashInAChildProcessOfATaskIsNotRecordedAsItsCrash) {
  const auto record = deathOf("child");
  EXPECT_EQ(text(record, "respM"), "ended by _exit(4) inside the task");
  EXPECT_TRUE(stack(record).empty());
}

TEST_F(CrashReportTest, TheRecordHasTheEndOfStderrAndTheInstancePrintsAllOfIt) {
  const auto record = deathOf("talk");
  const auto tail = text(record, "stderr");
  EXPECT_EQ(tail.size(), 64u * 1024);
  EXPECT_THAT(tail, ::testing::EndsWith("\nthe last line\n"));
  for (int line = 0; line < 5'000; ++line) {
    ASSERT_NE(errors.find("line " + std::to_string(line) + " of a long story\n"), std::string::npos) << line;
  }
}

TEST_F(CrashReportTest, InfoPrintsAFrameALineAndTheLogHasEachCrashOnce) {
  const auto id = push({"segv"});
  EXPECT_EQ(drain(), 0);
  const auto lines = leptir({"info", id}).lines();
  EXPECT_THAT(lines, Contains(StartsWith("    \"dying::writeNowhere() at ")));
  std::ifstream log(folder / "leptir.log");
  int told = 0;
  for (std::string line; std::getline(log, line);) told += line.find("signal 11") != std::string::npos;
  EXPECT_EQ(told, 3) << "once for each attempt";
  const auto text = leptir({"info", id, "--text"}).lines();
  EXPECT_THAT(text, Contains(AllOf(HasSubstr("dying::writeNowhere()"), ContainsRegex("dying_tasks\\.cc:[0-9]+"))));
  EXPECT_THAT(text, Contains(ContainsRegex("^ +signal +11")));
}

}  // namespace
}  // namespace leptir::e2e
