// What a real worker leaves behind, as raw as it is.
#include "worker/crash_handler.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/support/driven_worker.h"

namespace leptir {
namespace {

class CrashHandler : public DrivenWorker {
 protected:
  // Runs a task that ends its worker.
  void die(std::function<void(TaskContext&)> deed) {
    add("die", std::move(deed));
    start();
    died = pid;
    assign("die", 0);
    EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
    pid = 0;
    words = slot.heardLastWords(died);
  }
  int signal() const { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

  int status = 0;
  pid_t died = 0;
  std::unique_ptr<LastWords> words;
};

volatile int* volatile nowhere = reinterpret_cast<int*>(0x20);

TEST_F(CrashHandler, LeavesTheSignalTheAddressAndTheStackAndTheTrueStatus) {
  die([](TaskContext&) { *nowhere = 1; });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->kind, LastWordsKind::Signal);
  EXPECT_EQ(words->signal, SIGSEGV);
  EXPECT_EQ(words->faultAddress, 0x20u);
  EXPECT_EQ(words->sender, 0);
  EXPECT_GT(words->frames, 3u);
  const std::string_view maps(words->maps, words->mapsBytes);
  EXPECT_NE(maps.find("/worker_test"), maps.npos);
  EXPECT_TRUE(maps.ends_with('\n'));
}

// Upwards, over all that its callers need to go on; by memset, whose own counters lie in registers.
[[gnu::noinline]] void smashTheStack(char with) {
  char frame[16];
  char* volatile end = frame;
  std::memset(end, with, 2048);
  asm volatile("" : : "r"(end) : "memory");  // or the compiler sees that nobody reads it
}

// Not under a sanitizer: it speaks first.
#ifndef __SANITIZE_ADDRESS__
TEST_F(CrashHandler, StillSpeaksWithASmashedStack) {
  for (const char with : {'A', '\0'}) {
    die([with](TaskContext&) { smashTheStack(with); });
    EXPECT_EQ(signal(), SIGSEGV);
    ASSERT_TRUE(words);
    EXPECT_EQ(words->kind, LastWordsKind::Signal);
    EXPECT_GT(words->frames, 0u);
    const auto word = slot.word(0);
    ASSERT_TRUE(slot.change(0, word, word.freed()));
    program = {};
  }
}
#endif

TEST_F(CrashHandler, LeavesWhoSentASignal) {
  start();
  ASSERT_TRUE(sleeps());
  const auto worker = pid;
  ::kill(worker, SIGSEGV);
  EXPECT_TRUE(waitUntil([&] { return ::waitpid(worker, &status, WNOHANG) == worker; }));
  pid = 0;
  EXPECT_EQ(signal(), SIGSEGV);
  const auto heard = slot.heardLastWords(worker);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->sender, ::getpid());
}

TEST_F(CrashHandler, TellsAStackOverflow) {
  die([](TaskContext&) {
    const std::function<int(int)> recurse = [&recurse](int depth) {
      volatile char frame[4096];
      frame[0] = static_cast<char>(depth);
      return recurse(depth + 1) + frame[0];
    };
    recurse(0);
  });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->kind, LastWordsKind::StackOverflow);
  EXPECT_EQ(words->frames, kLastFrames);
}

TEST_F(CrashHandler, LeavesAnExceptionThatNobodyCaughtInAnyThread) {
  die([](TaskContext&) { std::thread([] { throw std::runtime_error("in a thread"); }).join(); });
  EXPECT_EQ(signal(), SIGABRT);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->kind, LastWordsKind::Exception);
  EXPECT_STREQ(words->exceptionType, typeid(std::runtime_error).name());
  EXPECT_STREQ(words->exceptionText, "in a thread");
  EXPECT_GT(words->frames, 1u);
}

TEST_F(CrashHandler, LeavesAnExceptionThatIsNone) {
  die([](TaskContext&) { std::thread([] { throw 42; }).join(); });
  ASSERT_TRUE(words);
  EXPECT_STREQ(words->exceptionType, "i");
  EXPECT_STREQ(words->exceptionText, "");
}

struct Treacherous : std::exception {
  const char* what() const noexcept override {
    *nowhere = 1;
    return "";
  }
};

TEST_F(CrashHandler, SurvivesAnExceptionWhoseTextCrashes) {
  die([](TaskContext&) { std::thread([] { throw Treacherous(); }).join(); });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->kind, LastWordsKind::Exception);
}

TEST_F(CrashHandler, TellsExitFromLeavingWithoutAWord) {
  die([](TaskContext&) { std::exit(3); });
  EXPECT_EQ(WEXITSTATUS(status), 3);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->kind, LastWordsKind::Exit);
  EXPECT_EQ(words->exitCode, 3);
  EXPECT_GT(words->frames, 3u);
}

TEST_F(CrashHandler, LeavesNothingForUnderscoreExit) {
  die([](TaskContext&) { ::_exit(3); });
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_FALSE(words);
}

TEST_F(CrashHandler, LetsNoChildOfATaskSpeak) {
  die([](TaskContext&) {
    const pid_t child = ::fork();
    if (child == 0) *nowhere = 1;
    ::waitpid(child, nullptr, 0);
    ::_exit(3);
  });
  EXPECT_FALSE(words);
  EXPECT_EQ(slot.lastWords().kind, LastWordsKind::None);
}

TEST_F(CrashHandler, SpeaksForTheFirstOfManyThreadsThatDieTogether) {
  die([](TaskContext&) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([] { *nowhere = 1; });
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(words);
  EXPECT_GT(words->frames, 0u);
}

TEST_F(CrashHandler, SaysWhereATaskWasWhenItWasStopped) {
  add("spin", [this](TaskContext& task) {
    while (!task.stopToken().stopRequested()) continue;
    while (slot.lastWords().kind == LastWordsKind::None) continue;
    ::_exit(0);
  });
  start();
  const auto worker = pid;
  assign("spin", 0);
  ASSERT_TRUE(reaches(0, CellState::Executing));
  ::kill(pid, SIGTERM);  // that nobody marked says nothing
  const auto executing = slot.word(0);
  ASSERT_TRUE(slot.change(0, executing, executing.to(CellState::Stopping, StopReason::TimeLimit)));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(exitStatus(), 0);
  const auto heard = slot.heardLastWords(worker);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->kind, LastWordsKind::Stopped);
  EXPECT_GT(heard->frames, 3u);
}

}  // namespace
}  // namespace leptir
