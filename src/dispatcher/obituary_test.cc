#include "dispatcher/obituary.h"

#include <gtest/gtest.h>

#include <csignal>

namespace leptir {
namespace {

TEST(Obituary, NamesTheSignalAndWhereItStruck) {
  Verdict verdict{.signal = SIGSEGV, .lastWords = LastWordsKind::Signal, .faultAddress = 0x10};
  EXPECT_EQ(sentenceOfDeath(verdict), "killed by signal 11 (Segmentation fault) at address 0x10");
  verdict.stack = {"memcpy in libc.so.6", "raise at ../sysdeps/raise.c:2", "operator new at /usr/include/new:5",
                   "app::resize() at /home/me/resize.cc:33", "main at /home/me/main.cc:3"};
  EXPECT_EQ(sentenceOfDeath(verdict),
            "killed by signal 11 (Segmentation fault) at address 0x10, in app::resize() at /home/me/resize.cc:33");
  EXPECT_EQ(causeOfDeath(verdict), Cause::Crashed);
}

TEST(Obituary, NamesWhoSentASignal) {
  EXPECT_EQ(sentenceOfDeath({.signal = SIGSEGV, .lastWords = LastWordsKind::Signal, .sender = 77}),
            "killed by signal 11 (Segmentation fault) from process 77");
  EXPECT_EQ(sentenceOfDeath({.signal = SIGKILL}), "killed by signal 9 (Killed) from outside");
}

TEST(Obituary, NamesAStackOverflow) {
  EXPECT_EQ(sentenceOfDeath({.signal = SIGSEGV, .lastWords = LastWordsKind::StackOverflow}),
            "stack overflow, killed by signal 11 (Segmentation fault)");
}

TEST(Obituary, NamesAnException) {
  Verdict verdict{.signal = SIGABRT, .lastWords = LastWordsKind::Exception};
  EXPECT_EQ(sentenceOfDeath(verdict), "uncaught exception");
  verdict.exception = "app::Broken: badly";
  EXPECT_EQ(sentenceOfDeath(verdict), "uncaught exception app::Broken: badly");
  EXPECT_EQ(sentenceOfDeath({.signal = SIGABRT, .lastWords = LastWordsKind::Terminate}), "ended by std::terminate");
}

TEST(Obituary, TellsTheKindsOfExit) {
  EXPECT_EQ(sentenceOfDeath({.exitCode = 3, .lastWords = LastWordsKind::Exit}), "ended by exit(3) inside the task");
  EXPECT_EQ(sentenceOfDeath({.exitCode = 4, .lastWords = LastWordsKind::QuickExit}),
            "ended by quick_exit(4) inside the task");
  EXPECT_EQ(sentenceOfDeath({.exitCode = 0}), "ended by _exit(0) inside the task");
}

TEST(Obituary, SaysWhatALibrarySaidBeforeItAborted) {
  Verdict verdict{.signal = SIGABRT, .lastWords = LastWordsKind::Signal};
  EXPECT_EQ(sentenceOfDeath(verdict), "killed by signal 6 (Aborted)");
  verdict.stderrTail = "something\nx.cc:3: f: Assertion `a' failed.\n";
  EXPECT_EQ(sentenceOfDeath(verdict), "killed by signal 6 (Aborted): x.cc:3: f: Assertion `a' failed.");
  verdict.stderrTail = "something\nfree(): double free detected in tcache 2\n";
  EXPECT_EQ(sentenceOfDeath(verdict),
            "smashed heap (free(): double free detected in tcache 2), killed by signal 6 (Aborted)");
}

TEST(Obituary, TellsTheWantOfMemory) {
  Verdict thrown{.signal = SIGABRT, .lastWords = LastWordsKind::Exception};
  thrown.exception = "std::bad_alloc: std::bad_alloc";
  EXPECT_EQ(causeOfDeath(thrown), Cause::OutOfMemory);
  EXPECT_EQ(sentenceOfDeath(thrown), "out of memory: uncaught exception std::bad_alloc: std::bad_alloc");
  const Verdict killed{.signal = SIGKILL, .oomKilled = true};
  EXPECT_EQ(causeOfDeath(killed), Cause::OutOfMemory);
  EXPECT_EQ(sentenceOfDeath(killed), "out of memory, killed by signal 9 (Killed) by the kernel");
}

}  // namespace
}  // namespace leptir
