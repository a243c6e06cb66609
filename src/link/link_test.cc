#include "link/link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/support/mapping_flags.h"

namespace leptir::link {
namespace {

using namespace std::chrono_literals;

// Runs `deed` in a child process. Returns the signal that ended the child, or 0 when `deed` returned.
int signalThatEnds(const std::function<void()>& deed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    deed();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(Link, ItsSharedPageIsExcludedFromCoreFiles) {
  EXPECT_TRUE(isExcludedFromCoreFiles(&Link::create(1).value()->page()));
}

class LinkTest : public ::testing::Test {
 protected:
  std::unique_ptr<Link> link = Link::create(2).value();
};

TEST_F(LinkTest, IsSharedByAllProcesses) {
  EXPECT_EQ(signalThatEnds([&] {
              link->page().dispatcherBeat = 42;
              link->slot(1).writeProgress(0.5, "half");
              link->dispatcherBell().ring();
            }),
            0);
  EXPECT_EQ(link->page().dispatcherBeat, 42);
  EXPECT_EQ(link->slot(1).readProgress().second, "half");
  EXPECT_TRUE(link->dispatcherBell().waitFor(0s));
}

TEST_F(LinkTest, GrowsWithoutMovingExistingSlotsAndBells) {
  const Slot* first = &link->slot(0);
  const Wake* bell = &link->workerBell(1);
  link->slot(0).writeProgress(0.5, "stays");
  ASSERT_TRUE(link->growTo(5));
  EXPECT_EQ(link->workers(), 5);
  EXPECT_EQ(&link->slot(0), first);
  EXPECT_EQ(&link->workerBell(1), bell);
  EXPECT_EQ(link->slot(0).readProgress().second, "stays");
  EXPECT_EQ(signalThatEnds([&] { link->slot(4).writeProgress(1, "new"); }), 0);
  EXPECT_EQ(link->slot(4).readProgress().second, "new");
  ASSERT_TRUE(link->growTo(3));
  EXPECT_EQ(link->workers(), 5) << "it never shrinks";
}

TEST_F(LinkTest, ConfinesAWorkerToItsOwnSlot) {
  EXPECT_EQ(signalThatEnds([&] {
              if (!link->confineToWorker(0)) ::_exit(1);
              link->slot(0).writeProgress(1, "mine");
              link->slot(0).change(0, CellWord{}, CellWord{}.to(CellState::Assigned));
              (void)link->page().stopping.load();
              (void)link->slot(0).assignments().header(0).broker;
              link->workerBell(0).ring();
            }),
            0);
  EXPECT_EQ(link->slot(0).readProgress().second, "mine");
  EXPECT_TRUE(link->workerBell(0).clear());
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(0), link->page().stopping = ShutdownStage::Leave; }),
            SIGSEGV);
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(0), (void)link->slot(0).assignments().write(0, {}); }),
            SIGSEGV);
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(0), link->slot(0).verdicts().write(0, {}); }), SIGSEGV);
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(0), (void)link->slot(1).word(0); }), SIGSEGV);
  EXPECT_EQ(link->page().stopping, ShutdownStage::No);
}

TEST_F(LinkTest, HasASlotForErrorReportsBesideThoseForTasksOnceItIsAdded) {
  EXPECT_FALSE(link->hasReportSlot());
  ASSERT_TRUE(link->addReportSlot());
  const Slot* reports = &link->slot(kReportSlot);
  ASSERT_TRUE(link->addReportSlot());
  ASSERT_TRUE(link->growTo(4));
  EXPECT_EQ(&link->slot(kReportSlot), reports);
  EXPECT_EQ(link->workers(), 4) << "it is not counted";
  std::vector<int> slots;
  link->forEachSlot([&](int slot) { slots.push_back(slot); });
  EXPECT_EQ(slots, (std::vector<int>{0, 1, 2, 3, kReportSlot}));
}

TEST_F(LinkTest, KeepsTasksAndErrorReportsApart) {
  ASSERT_TRUE(link->addReportSlot());
  EXPECT_EQ(signalThatEnds([&] {
              if (!link->confineToWorker(kReportSlot)) ::_exit(1);
              link->slot(kReportSlot).writeProgress(1, "mine");
            }),
            0);
  EXPECT_EQ(link->slot(kReportSlot).readProgress().second, "mine");
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(kReportSlot), (void)link->slot(0).word(0); }), SIGSEGV);
  EXPECT_EQ(signalThatEnds([&] { (void)link->confineToWorker(0), (void)link->slot(kReportSlot).word(0); }), SIGSEGV);
}

TEST_F(LinkTest, ClosesTheBellsOfOtherWorkersInAWorker) {
  const int others = link->workerBell(1).descriptor();
  EXPECT_EQ(signalThatEnds([&] {
              if (!link->confineToWorker(0) || ::fcntl(others, F_GETFD) != -1) ::abort();
            }),
            0);
  EXPECT_NE(::fcntl(others, F_GETFD), -1);
}

TEST_F(LinkTest, ClosesTheBellOfTheMasterInAWorker) {
  const int masters = link->masterBell().descriptor();
  EXPECT_EQ(signalThatEnds([&] {
              if (!link->confineToWorker(0) || ::fcntl(masters, F_GETFD) != -1) ::abort();
            }),
            0);
}

TEST_F(LinkTest, ItsDescriptorsAreClosedWhenAProgramIsExecuted) {
  for (const Wake* bell : {&link->dispatcherBell(), &link->masterBell(), &link->workerBell(0), &link->stopBell(1)}) {
    EXPECT_EQ(::fcntl(bell->descriptor(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

TEST(LinkOfMany, FitsIntoMemorySinceUnusedCellsTakeNone) {
  EXPECT_TRUE(Link::create(64));
}

}  // namespace
}  // namespace leptir::link
