// Orders that a dispatcher has put into the shared page, with a real master and real processes.
#include "master/order_taker.h"

#include <gtest/gtest.h>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

using link::OrderKind;

class OrderTakerTest : public ::testing::Test {
 protected:
  // As a dispatcher does: waits until the master has taken the last order of this broker.
  void give(OrderKind kind, int workers = 0, std::size_t broker = 0) {
    auto& order = instance.link->page().brokers[broker].order;
    order.given = link::OrderWord{kind, workers, ++mark}.pack();
    ASSERT_TRUE(waitUntil([&] { return order.taken == order.given; }));
  }
  std::size_t workersShown() const { return instance.board->snapshot(systemClock()).workers.size(); }

  void resizeTo(int most) {
    instance.reload.resize = [this, most](int workers) -> std::optional<MasterOptions> {
      if (workers > most || !instance.link->growTo(workers)) return std::nullopt;
      return optionsFor(workers);
    };
  }

  ToyInstance instance{optionsFor(2)};
  std::uint64_t mark = 0;
};

TEST_F(OrderTakerTest, AnOrderKeepsItsPartsInOneWord) {
  const link::OrderWord order{OrderKind::SetWorkers, 1024, 0x0000'1234'5678'9abc};
  const auto read = link::OrderWord::unpack(order.pack());
  EXPECT_EQ(read.kind, order.kind);
  EXPECT_EQ(read.workers, order.workers);
  EXPECT_EQ(read.keyDigest, order.keyDigest);
  EXPECT_NE((link::OrderWord{OrderKind::Stop, 0, 0}.pack()), 0u);
}

TEST_F(OrderTakerTest, StopEndsTheInstanceAfterItsTasks) {
  instance.start(toyWorker);
  instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  give(OrderKind::Stop);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  EXPECT_EQ(instance.state(0, 0), link::CellState::Executing);
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST_F(OrderTakerTest, StopNowEndsRunningTasks) {
  instance.start(toyWorker);
  instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  give(OrderKind::StopNow, 0, 63);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST_F(OrderTakerTest, DrainAndResumeSetTheFlagThatTheDispatcherReads) {
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  instance.link->page().brokersWithoutSession = 0;
  give(OrderKind::Drain);
  EXPECT_EQ(instance.link->page().drained, 1u);
  EXPECT_TRUE(waitUntil(
      [&] { return instance.board->snapshot(systemClock()).waitsFor == "an order to resume (it was drained)"; }));
  give(OrderKind::Resume);
  EXPECT_EQ(instance.link->page().drained, 0u);
}

TEST_F(OrderTakerTest, AnOrderThatWasObeyedIsNotObeyedAgain) {
  instance.start(toyWorker);
  give(OrderKind::Drain);
  instance.link->page().drained = 0;
  give(OrderKind::Resume, 0, 1);  // of another broker: the master has looked through all of them meanwhile
  EXPECT_EQ(instance.link->page().drained, 0u);
}

TEST_F(OrderTakerTest, SetWorkersStartsMoreWorkersAndKeepsThePresentOnes) {
  resizeTo(8);
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  const int first = instance.workerPid(0), before = instance.dispatcherPid();
  give(OrderKind::SetWorkers, 4);
  ASSERT_TRUE(waitUntil([&] { return workersShown() == 4 && instance.workerPidNow(3) != 0; }));
  EXPECT_EQ(instance.workerPidNow(0), first);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_FALSE(isAlive(before));
  EXPECT_EQ(instance.link->page().dispatcherDeaths, 0u);
}

TEST_F(OrderTakerTest, SetWorkersLetsTheTasksOfFurtherWorkersEnd) {
  resizeTo(8);
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  instance.assign(1, "wait");
  ASSERT_TRUE(instance.reaches(1, 0, link::CellState::Executing));
  give(OrderKind::SetWorkers, 1);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_EQ(instance.state(1, 0), link::CellState::Executing);
  EXPECT_EQ(workersShown(), 2u) << "it is shown as long as it runs a task";
  instance.notes->number = 1;
  EXPECT_EQ(instance.outcome(1, 0), "did wait");
}

TEST_F(OrderTakerTest, SetWorkersThatCannotBeMadeChangesNothing) {
  resizeTo(2);
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  (void)instance.dispatcherPid();
  give(OrderKind::SetWorkers, 3);
  give(OrderKind::Drain);
  EXPECT_EQ(workersShown(), 2u);
  EXPECT_EQ(instance.notes->dispatcherStarts, 1);
  EXPECT_EQ(instance.link->page().handOver, 0u);
}

TEST_F(OrderTakerTest, OrdersToAStoppingInstanceChangeNothing) {
  resizeTo(8);
  instance.start(toyWorker);
  instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  give(OrderKind::Stop);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  give(OrderKind::SetWorkers, 4);
  EXPECT_EQ(workersShown(), 2u);
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

}  // namespace
}  // namespace leptir::master
