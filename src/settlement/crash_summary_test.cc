#include "settlement/crash_summary.h"

#include <gtest/gtest.h>

#include <csignal>

namespace leptir::settlement {
namespace {

TEST(CrashSummary, NamesTheSignalAndTheUsersFrame) {
  link::Verdict verdict{.signal = SIGSEGV, .crashReportKind = link::CrashReportKind::Signal, .faultAddress = 0x10};
  EXPECT_EQ(describeCrash(verdict), "killed by signal 11 (Segmentation fault) at address 0x10");
  verdict.stack = {"memcpy in libc.so.6", "raise at ../sysdeps/raise.c:2", "operator new at /usr/include/new:5",
                   "app::resize() at /home/me/resize.cc:33", "main at /home/me/main.cc:3"};
  EXPECT_EQ(describeCrash(verdict),
            "killed by signal 11 (Segmentation fault) at address 0x10, in app::resize() at /home/me/resize.cc:33");
  EXPECT_EQ(crashCause(verdict), Cause::Crashed);
}

TEST(CrashSummary, NamesTheProcessThatSentASignal) {
  EXPECT_EQ(describeCrash({.signal = SIGSEGV, .crashReportKind = link::CrashReportKind::Signal, .signalSender = 77}),
            "killed by signal 11 (Segmentation fault) from process 77");
  EXPECT_EQ(describeCrash({.signal = SIGKILL}), "killed by signal 9 (Killed) from outside");
}

TEST(CrashSummary, NamesAStackOverflow) {
  EXPECT_EQ(describeCrash({.signal = SIGSEGV, .crashReportKind = link::CrashReportKind::StackOverflow}),
            "stack overflow, killed by signal 11 (Segmentation fault)");
}

TEST(CrashSummary, NamesAnException) {
  link::Verdict verdict{.signal = SIGABRT, .crashReportKind = link::CrashReportKind::Exception};
  EXPECT_EQ(describeCrash(verdict), "uncaught exception");
  verdict.exception = "app::Broken: badly";
  EXPECT_EQ(describeCrash(verdict), "uncaught exception app::Broken: badly");
  EXPECT_EQ(describeCrash({.signal = SIGABRT, .crashReportKind = link::CrashReportKind::Terminate}),
            "ended by std::terminate");
}

TEST(CrashSummary, TellsExitFromQuickExitAndUnderscoreExit) {
  EXPECT_EQ(describeCrash({.exitCode = 3, .crashReportKind = link::CrashReportKind::Exit}),
            "ended by exit(3) inside the task");
  EXPECT_EQ(describeCrash({.exitCode = 4, .crashReportKind = link::CrashReportKind::QuickExit}),
            "ended by quick_exit(4) inside the task");
  EXPECT_EQ(describeCrash({.exitCode = 0}), "ended by _exit(0) inside the task");
  EXPECT_EQ(describeCrash({.exitCode = 0}, "the error reporter"), "ended by _exit(0) inside the error reporter");
}

TEST(CrashSummary, QuotesTheLastLineOfStderrBeforeAnAbort) {
  link::Verdict verdict{.signal = SIGABRT, .crashReportKind = link::CrashReportKind::Signal};
  EXPECT_EQ(describeCrash(verdict), "killed by signal 6 (Aborted)");
  verdict.stderrTail = "something\nx.cc:3: f: Assertion `a' failed.\n";
  EXPECT_EQ(describeCrash(verdict), "killed by signal 6 (Aborted): x.cc:3: f: Assertion `a' failed.");
  verdict.stderrTail = "something\nfree(): double free detected in tcache 2\n";
  EXPECT_EQ(describeCrash(verdict),
            "smashed heap (free(): double free detected in tcache 2), killed by signal 6 (Aborted)");
}

TEST(CrashSummary, RecognizesThatMemoryRanOut) {
  link::Verdict thrown{.signal = SIGABRT, .crashReportKind = link::CrashReportKind::Exception};
  thrown.exception = "std::bad_alloc: std::bad_alloc";
  EXPECT_EQ(crashCause(thrown), Cause::OutOfMemory);
  EXPECT_EQ(describeCrash(thrown), "out of memory: uncaught exception std::bad_alloc: std::bad_alloc");
  const link::Verdict killed{.signal = SIGKILL, .oomKilled = true};
  EXPECT_EQ(crashCause(killed), Cause::OutOfMemory);
  EXPECT_EQ(describeCrash(killed), "out of memory, killed by signal 9 (Killed) by the kernel");
}

}  // namespace
}  // namespace leptir::settlement
