// Processes that a task leaves running are killed when it ends, unless its task name keeps them.
#include "worker/descendants.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/driven_worker.h"
#include "tests/support/temp_dir.h"

namespace leptir::worker {
namespace {

class DescendantsTest : public DrivenWorker {
 protected:
  explicit DescendantsTest(int number = 0) : DrivenWorker(number) {
    add("child", [this](TaskContext& task) { leave(task, [] {}); });
    add("daemon", [this](TaskContext& task) {
      leave(task, [] {
        ::setsid();
        if (::fork() != 0) ::_exit(0);
      });
    });
  }
  ~DescendantsTest() override {
    for (const auto& name : {"child", "daemon", "limits"}) {
      if (const int left = pidOf(name)) ::kill(left, SIGKILL);
    }
  }

  // Starts a process that outlives the task, and waits until that process has detached itself.
  void leave(TaskContext& task, void (*detach)()) {
    const auto file = folder / task.name();
    if (::fork() == 0) {
      detach();
      std::ofstream(file.string() + ".new") << ::getpid() << std::flush;
      std::filesystem::rename(file.string() + ".new", file);
      for (;;) ::pause();
    }
    while (!std::filesystem::exists(file)) ::usleep(1000);
  }
  int pidOf(const std::string& name) const {
    int left = 0;
    std::ifstream(folder / name) >> left;
    return left;
  }
  static bool isGoneNow(int process) {
    const auto info = base::processInfo(process);
    return !info || info->dead;
  }

  TempDir folder;
};

TEST_F(DescendantsTest, AreKilledWithTheirTaskEvenAfterSuccess) {
  start();
  for (const std::string name : {"child", "daemon"}) {
    EXPECT_EQ(outcome(assign(name, name == "child" ? 0 : 1)).status, ExitStatus::Success);
    EXPECT_TRUE(isGoneNow(pidOf(name))) << name << ": must be gone before the outcome is reported";
  }
  EXPECT_EQ(childCountOf(pid), 0) << "the killed processes must have been reaped";
}

TEST_F(DescendantsTest, AreKilledEvenIfTheTaskLoweredItsLimits) {
  add("limits", [this](TaskContext& task) {
    leave(task, [] { ::setsid(); });
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 5;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  });
  start();
  EXPECT_EQ(outcome(assign("limits", 0)).status, ExitStatus::Success);
  EXPECT_TRUE(isGoneNow(pidOf("limits")));
}

TEST_F(DescendantsTest, AreKeptForATaskNameWithKeepDescendants) {
  rules["daemon"].keepDescendants = true;
  start();
  EXPECT_EQ(outcome(assign("daemon", 0)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("child", 1)).status, ExitStatus::Success);
  EXPECT_TRUE(isGoneNow(pidOf("child")));
  EXPECT_FALSE(isGoneNow(pidOf("daemon"))) << "a later task does not end it either";
  const auto kept = slot.readKeptDescendants();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(base::isAmongOrSharesSession(*base::processInfo(pidOf("daemon")), kept))
      << "itself, or the leader of its session";
}

class DescendantsOfReportersTest : public DescendantsTest {
 protected:
  DescendantsOfReportersTest() : DescendantsTest(link::kReportSlot) {}
};

TEST_F(DescendantsOfReportersTest, AreKilledAndTheLogSpeaksOfTheReporter) {
  const auto file = folder / "log";
  logger = Logger::open({{.name = "log", .type = LogSinkConfig::Type::File, .path = file.string()}}).value();
  start();
  EXPECT_EQ(outcome(assign("child", 0)).status, ExitStatus::Success);
  EXPECT_TRUE(isGoneNow(pidOf("child")));
  const auto log = readWholeFile(file);
  EXPECT_NE(log.find("[id-child](child) Killed what this error reporter left running: "), std::string::npos) << log;
  EXPECT_EQ(log.find("keep_descendants"), std::string::npos) << "it cannot be set for a reporter";
}

TEST(DescendantsKept, ProcessesBeyondTheCapacityOfTheSlotAreCountedOnce) {
  const auto link = link::Link::create(1).value();
  Descendants descendants(link->slot(0));
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < link::Slot::kMaxKeptDescendants + 3; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      for (;;) ::pause();
    }
  }
  EXPECT_EQ(descendants.keepAndCountUnlisted(), 3u);
  EXPECT_EQ(descendants.keepAndCountUnlisted(), 0u) << "counted by the first call already";
  EXPECT_EQ(link->slot(0).readKeptDescendants().size(), link::Slot::kMaxKeptDescendants);
  for (const auto child : children) ::kill(child, SIGKILL), ::waitpid(child, nullptr, 0);
}

TEST_F(DescendantsTest, StartedByAStartHookAreKept) {
  int helper[2];
  ASSERT_EQ(::pipe(helper), 0);
  program.onWorkerStart([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    [[maybe_unused]] const auto written = ::write(helper[1], &child, sizeof child);
  });
  start();
  EXPECT_EQ(outcome(assign("child", 0)).status, ExitStatus::Success);
  pid_t hook = 0;
  ASSERT_EQ(::read(helper[0], &hook, sizeof hook), static_cast<ssize_t>(sizeof hook));
  EXPECT_TRUE(isGoneNow(pidOf("child")));
  EXPECT_FALSE(isGoneNow(hook));
  ::kill(hook, SIGKILL);
  ::close(helper[0]), ::close(helper[1]);
}

}  // namespace
}  // namespace leptir::worker
