// Crash reports of real worker processes, with raw addresses.
#include "worker/crash_handler.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/support/driven_worker.h"

namespace leptir::worker {
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
    report = copyCrashReport(slot.crashReport(), died);
  }
  int signal() const { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

  int status = 0;
  pid_t died = 0;
  std::unique_ptr<link::CrashReport> report;
};

volatile int* volatile nowhere = reinterpret_cast<int*>(0x20);

TEST_F(CrashHandler, ReportsSignalAddressAndStackAndKeepsTheWaitStatus) {
  die([](TaskContext&) { *nowhere = 1; });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, link::CrashReportKind::Signal);
  EXPECT_EQ(report->signal, SIGSEGV);
  EXPECT_EQ(report->faultAddress, 0x20u);
  EXPECT_EQ(report->signalSender, 0);
  EXPECT_GT(report->frames, 3u);
  const std::string_view maps(report->maps, report->mapsBytes);
  EXPECT_NE(maps.find("/worker_test"), maps.npos);
  EXPECT_TRUE(maps.ends_with('\n'));
}

// Overwrites, upwards, all frames that its callers need to go on; by memset, which keeps its counters in registers.
[[gnu::noinline]] void smashTheStack(char with) {
  char frame[16];
  char* volatile end = frame;
  std::memset(end, with, 2048);
  asm volatile("" : : "r"(end) : "memory");  // otherwise the compiler drops the memset, since nothing reads its result
}

// Not under AddressSanitizer, which ends the process first.
#ifndef __SANITIZE_ADDRESS__
TEST_F(CrashHandler, ReportsACrashEvenIfTheStackIsSmashed) {
  for (const char with : {'A', '\0'}) {
    die([with](TaskContext&) { smashTheStack(with); });
    EXPECT_EQ(signal(), SIGSEGV);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->kind, link::CrashReportKind::Signal);
    EXPECT_GT(report->frames, 0u);
    const auto word = slot.word(0);
    ASSERT_TRUE(slot.change(0, word, word.freed()));
    program = {};
  }
}
#endif

TEST_F(CrashHandler, ReportsTheSenderOfASignal) {
  start();
  ASSERT_TRUE(sleeps());
  const auto worker = pid;
  ::kill(worker, SIGSEGV);
  EXPECT_TRUE(waitUntil([&] { return ::waitpid(worker, &status, WNOHANG) == worker; }));
  pid = 0;
  EXPECT_EQ(signal(), SIGSEGV);
  const auto heard = copyCrashReport(slot.crashReport(), worker);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->signalSender, ::getpid());
}

TEST_F(CrashHandler, RecognizesAStackOverflow) {
  die([](TaskContext&) {
    const std::function<int(int)> recurse = [&recurse](int depth) {
      volatile char frame[4096];
      frame[0] = static_cast<char>(depth);
      return recurse(depth + 1) + frame[0];
    };
    recurse(0);
  });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, link::CrashReportKind::StackOverflow);
  EXPECT_EQ(report->frames, link::kMaxCrashFrames);
}

TEST_F(CrashHandler, ReportsAnUncaughtExceptionOfAnyThread) {
  die([](TaskContext&) { std::thread([] { throw std::runtime_error("in a thread"); }).join(); });
  EXPECT_EQ(signal(), SIGABRT);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, link::CrashReportKind::Exception);
  EXPECT_STREQ(report->exceptionType, typeid(std::runtime_error).name());
  EXPECT_STREQ(report->exceptionText, "in a thread");
  EXPECT_GT(report->frames, 1u);
}

TEST_F(CrashHandler, ReportsAThrownValueThatIsNoStdException) {
  die([](TaskContext&) { std::thread([] { throw 42; }).join(); });
  ASSERT_TRUE(report);
  EXPECT_STREQ(report->exceptionType, "i");
  EXPECT_STREQ(report->exceptionText, "");
}

struct CrashingException : std::exception {
  const char* what() const noexcept override {
    *nowhere = 1;
    return "";
  }
};

TEST_F(CrashHandler, ReportsAnExceptionWhoseWhatCrashes) {
  die([](TaskContext&) { std::thread([] { throw CrashingException(); }).join(); });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, link::CrashReportKind::Exception);
}

TEST_F(CrashHandler, ReportsACallOfExit) {
  die([](TaskContext&) { std::exit(3); });
  EXPECT_EQ(WEXITSTATUS(status), 3);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, link::CrashReportKind::Exit);
  EXPECT_EQ(report->exitCode, 3);
  EXPECT_GT(report->frames, 3u);
}

TEST_F(CrashHandler, ReportsNothingForUnderscoreExit) {
  die([](TaskContext&) { ::_exit(3); });
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_FALSE(report);
}

TEST_F(CrashHandler, ReportsNoCrashOfAProcessThatATaskForked) {
  die([](TaskContext&) {
    const pid_t child = ::fork();
    if (child == 0) *nowhere = 1;
    ::waitpid(child, nullptr, 0);
    ::_exit(3);
  });
  EXPECT_FALSE(report);
  EXPECT_EQ(slot.crashReport().kind, link::CrashReportKind::None);
}

TEST_F(CrashHandler, ReportsTheFirstOfManyThreadsThatCrashTogether) {
  die([](TaskContext&) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([] { *nowhere = 1; });
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(signal(), SIGSEGV);
  ASSERT_TRUE(report);
  EXPECT_GT(report->frames, 0u);
}

TEST_F(CrashHandler, ReportsWhereATaskWasWhenTheMasterStoppedIt) {
  add("spin", [this](TaskContext& task) {
    while (!task.stopToken().stopRequested()) continue;
    while (slot.crashReport().kind == link::CrashReportKind::None) continue;
    ::_exit(0);
  });
  start();
  const auto worker = pid;
  assign("spin", 0);
  ASSERT_TRUE(reaches(0, link::CellState::Executing));
  ::kill(pid, SIGTERM);  // ignored: the master is not stopping the task
  const auto executing = slot.word(0);
  ASSERT_TRUE(slot.change(0, executing, executing.to(link::CellState::Stopping, link::StopReason::TimeLimit)));
  ::kill(pid, SIGTERM);
  EXPECT_EQ(exitStatus(), 0);
  const auto heard = copyCrashReport(slot.crashReport(), worker);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->kind, link::CrashReportKind::Stopped);
  EXPECT_GT(heard->frames, 3u);
}

}  // namespace
}  // namespace leptir::worker
