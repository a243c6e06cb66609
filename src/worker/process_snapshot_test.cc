#include "worker/process_snapshot.h"

#include <fcntl.h>
#include <fenv.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <cstdint>
#include <filesystem>

#include "tests/support/driven_worker.h"

namespace leptir::worker {
namespace {

sigset_t blockedSignals() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

void vandalize() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (const int signal : {SIGTERM, SIGSEGV, SIGCHLD, SIGUSR1, SIGALRM}) ::signal(signal, SIG_IGN);
  std::filesystem::current_path("/proc");
  ::umask(0777);
}

// Answers everything that vandalize() changes.
void lookAround(TaskContext& task) {
  const auto blocked = blockedSignals();
  struct sigaction onCrash{}, onChild{};
  ::sigaction(SIGSEGV, nullptr, &onCrash);
  ::sigaction(SIGCHLD, nullptr, &onChild);
  const auto mask = ::umask(022);
  ::umask(mask);
  task.addResponseLine(std::string(::sigismember(&blocked, SIGTERM) == 1 ? "blocked" : "open") +
                       (onCrash.sa_handler == SIG_IGN ? " ignored" : " handled") +
                       (onChild.sa_handler == SIG_IGN ? " ignored " : " waited ") + std::to_string(mask) + " " +
                       std::filesystem::current_path().string());
}

class ProcessSnapshotTest : public DrivenWorker {};

TEST_F(ProcessSnapshotTest, RestoresSignalsFolderAndUmaskAfterATask) {
  add("look", lookAround);
  add("vandalize", [](TaskContext&) { vandalize(), ::usleep(1000); });
  start();
  const auto before = outcome(assign("look", 0)).response;
  EXPECT_EQ(before.substr(0, 19), "open handled waited");
  EXPECT_EQ(outcome(assign("vandalize", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("look", 2)).response, before);
}

TEST_F(ProcessSnapshotTest, RestoresStandardStreamsThatATaskClosedOrReplaced) {
  add("look", [](TaskContext& task) {
    for (int stream = 0; stream < 3; ++stream) {
      const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(stream));
      task.addResponseLine(target.string());
    }
  });
  add("give away", [](TaskContext&) {
    ::close(0), ::close(1);
    ::dup2(::open("/dev/full", O_RDWR), 2);
  });
  start();
  const auto before = outcome(assign("look", 0)).response;
  EXPECT_EQ(outcome(assign("give away", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("look", 2)).response, before);
}

TEST_F(ProcessSnapshotTest, RestoresRoundingAndFloatingPointTraps) {
  add("divide", [](TaskContext& task) {
    volatile double one = 1, three = 3, nothing = 0;
    task.addResponseLine(std::to_string(std::fegetround()) + (one / three * three < one ? " low " : " even ") +
                         std::to_string(one / nothing));
  });
  add("meddle", [](TaskContext&) {
    std::fesetround(FE_DOWNWARD);
    ::feenableexcept(FE_DIVBYZERO);
  });
  start();
  const auto before = outcome(assign("divide", 0)).response;
  EXPECT_TRUE(before.ends_with(" even inf")) << before;
  EXPECT_EQ(outcome(assign("meddle", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("divide", 2)).response, before);
}

TEST_F(ProcessSnapshotTest, RestoresTheSignalStack) {
  add("stack", [](TaskContext& task) {
    stack_t stack{};
    ::sigaltstack(nullptr, &stack);
    task.addResponseLine(std::to_string(reinterpret_cast<std::uintptr_t>(stack.ss_sp)) + " " +
                         std::to_string(stack.ss_size) + " " + std::to_string(stack.ss_flags));
  });
  add("give up", [](TaskContext&) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  });
  start();
  const auto before = outcome(assign("stack", 0)).response;
  EXPECT_TRUE(before.ends_with(" 0")) << before;
  EXPECT_EQ(outcome(assign("give up", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("stack", 2)).response, before);
}

TEST_F(ProcessSnapshotTest, KeepsChangesOfTheStartHooks) {
  add("look", lookAround);
  program.workerStartHooks.push_back([] { std::filesystem::current_path("/proc"), ::signal(SIGCHLD, SIG_IGN); });
  start();
  EXPECT_EQ(outcome(assign("pause", 0)).status, ExitStatus::Success);
  const auto after = outcome(assign("look", 1)).response;
  EXPECT_NE(after.find("open handled ignored"), std::string::npos) << after;
  EXPECT_TRUE(after.ends_with(" /proc")) << after;
}

}  // namespace
}  // namespace leptir::worker
