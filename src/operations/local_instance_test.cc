// What is seen of an instance on the same machine: whose process its master is, and which log belongs to a run.
#include "operations/local_instance.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "link/run_log_writer.h"
#include "link/slot.h"
#include "tests/support/other_user.h"
#include "tests/support/wait_until.h"

namespace leptir::operations {
namespace {

TEST(LocalInstance, AProcessOfTheSameUserIsOfThisUser) {
  EXPECT_TRUE(isOfThisUser(::getpid()));
  EXPECT_FALSE(isOfThisUser(0x7fff'fff0)) << "no such process";
}

TEST(LocalInstance, AProcessOfRootIsNotOfAnOrdinaryUser) {
  LEPTIR_NEEDS_ROOT();
  const auto ofRoot = ::getpid();
  EXPECT_TRUE(asUser(kOtherUser, [&] { return isOfThisUser(::getpid()) && !isOfThisUser(ofRoot); }));
}

TEST(LocalInstance, AProcessThatChangedItsUserIsNotOfRoot) {
  LEPTIR_NEEDS_ROOT();
  const auto child = startChild([] { return ::setuid(kOtherUser) == 0 && ::pause() == 0; });
  EXPECT_TRUE(waitUntil([&] { return !isOfThisUser(child); }));
  killChild(child);
}

TEST(LocalInstance, AProcessOfWhichOnlyTheEffectiveUserIsTheSameIsNotOfThisUser) {
  LEPTIR_NEEDS_ROOT();
  const auto child = startChild([] { return ::setresuid(kOtherUser, 0, 0) == 0 && ::pause() == 0; });
  EXPECT_TRUE(waitUntil([&] { return !isOfThisUser(child); }));
  killChild(child);
}

class LogOfRun : public ::testing::Test {
 protected:
  // A run of t1 in a worker of its own, which logs one line. Returns the worker's pid.
  int logInWorker(int slot, std::uint32_t attempt) {
    const auto worker = startChild([&] {
      const auto cells = *link::Slot::create();
      link::RunLogWriter writer(logs_.mapForWorker(slot), cells);
      writer.beginRun({.cell = 1, .generation = 1, .attempt = attempt, .pid = ::getpid(), .id = "t1"});
      writer.add("slot " + std::to_string(slot) + "\n");
      return writer.hasLines();
    });
    EXPECT_TRUE(exitedSuccessfully(worker));
    return worker;
  }
  // Empty: there is none.
  static std::string logOf(int attempt, int worker) {
    const auto log = logOfRun({.pid = ::getpid()}, {.id = "t1", .attempt = attempt, .worker = worker});
    EXPECT_TRUE(log) << log.error().message();
    return log && *log ? (*log)->first : "";
  }

  link::RunLogs logs_ = link::RunLogs::create();
};

TEST_F(LogOfRun, OfARetryIsFoundBehindThatOfAnEarlierAttempt) {
  const auto first = logInWorker(0, 1);
  const auto second = logInWorker(3, 2);
  EXPECT_EQ(logOf(2, second), "slot 3\n");
  EXPECT_EQ(logOf(2, 0), "slot 3\n") << "an instance that does not tell the worker";
  EXPECT_EQ(logOf(1, first), "slot 0\n");
}

TEST_F(LogOfRun, AfterAReviveIsThatOfTheWorkerThatRunsTheTask) {
  logInWorker(0, 1);
  const auto worker = logInWorker(3, 1);
  EXPECT_EQ(logOf(1, worker), "slot 3\n");
}

TEST_F(LogOfRun, OfARunThatHasLoggedNothingIsNotThatOfAnEarlierRun) {
  const auto worker = logInWorker(0, 1);
  EXPECT_EQ(logOf(2, worker), "");
  EXPECT_EQ(logOf(1, ::getpid()), "");
}

}  // namespace
}  // namespace leptir::operations
