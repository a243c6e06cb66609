#include "dispatcher/left_tasks.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

LeaseId leaseOf(const std::string& id) {
  return {1, "lease of " + id};
}

// Tasks that were leased and given back, in this order.
void leave(LeftTasks& tasks, std::initializer_list<std::string> ids) {
  for (const auto& id : ids) tasks.add(tasks.noteLeased(id).order, id, leaseOf(id));
}

TEST(LeftTasks, ATaskMayBeginWhenNoOtherIsLeft) {
  LeftTasks tasks;
  EXPECT_EQ(tasks.noteLeased("a").turn, LeftTasks::Turn::Now);
  leave(tasks, {"a"});
  EXPECT_EQ(tasks.noteLeased("b").turn, LeftTasks::Turn::Later) << "it is behind a";
}

TEST(LeftTasks, AsksForTheFirstTasksInTheOrderInWhichTheyWereLeased) {
  LeftTasks tasks;
  leave(tasks, {"a", "b", "c"});
  EXPECT_EQ(tasks.askFor(2, 7), (std::vector{leaseOf("a"), leaseOf("b")}));
  EXPECT_EQ(tasks.asked(), 2u);
  EXPECT_EQ(tasks.askFor(2, 8), std::vector{leaseOf("c")});
  EXPECT_TRUE(tasks.askFor(2, 9).empty());
}

TEST(LeftTasks, ATaskThatWasAskedForMayBeginAndKeepsItsOrderIfItIsGivenBackOnceMore) {
  LeftTasks tasks;
  leave(tasks, {"a", "b"});
  tasks.askFor(1, 7);
  tasks.noteAsked(7);
  const auto arrival = tasks.noteLeased("a");
  EXPECT_EQ(arrival.turn, LeftTasks::Turn::Now);
  EXPECT_EQ(tasks.size(), 1u);
  tasks.add(arrival.order, "a", leaseOf("a"));
  EXPECT_EQ(tasks.askFor(1, 8), std::vector{leaseOf("a")});
}

TEST(LeftTasks, ATaskThatReturnsByItselfMayBeginOnlyIfItIsTheFirst) {
  LeftTasks tasks;
  leave(tasks, {"a", "b"});
  const auto second = tasks.noteLeased("b");
  EXPECT_EQ(second.turn, LeftTasks::Turn::Later);
  tasks.add(second.order, "b", leaseOf("b"));
  EXPECT_EQ(tasks.noteLeased("a").turn, LeftTasks::Turn::Now);
}

// The other one asks for "a", "b" and "c" and leases what is asked for here.
TEST(LeftTasks, ATaskOutOfTurnMayBeginAfterThreeDeliveriesWithRoomForIt) {
  LeftTasks tasks;
  leave(tasks, {"asked"});
  for (const auto* id : {"a", "b", "c"}) {
    EXPECT_EQ(tasks.noteLeased(id, LeftTasks::MayBegin::Yes).turn, LeftTasks::Turn::Later) << id;
    tasks.noteDelivery(false);
  }
  EXPECT_EQ(tasks.noteLeased("d", LeftTasks::MayBegin::No).turn, LeftTasks::Turn::Later) << "the count begins again";
  for (const auto* id : {"a", "b", "c"}) {
    EXPECT_EQ(tasks.noteLeased(id, LeftTasks::MayBegin::Yes).turn, LeftTasks::Turn::Later) << id;
    tasks.noteDelivery(false);
  }
  EXPECT_EQ(tasks.noteLeased("d", LeftTasks::MayBegin::Yes).turn, LeftTasks::Turn::Now);
  EXPECT_EQ(tasks.noteLeased("e", LeftTasks::MayBegin::Yes).turn, LeftTasks::Turn::Now) << "of the same delivery";
}

TEST(LeftTasks, ForgetsATaskThatTheStoreNoLongerHas) {
  LeftTasks tasks;
  leave(tasks, {"a", "b"});
  tasks.askFor(1, 7);
  tasks.noteDelivery(true);
  EXPECT_EQ(tasks.size(), 2u) << "the store was not asked yet";
  tasks.noteAsked(7);
  tasks.noteDelivery(true);
  EXPECT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks.askFor(1, 8), std::vector{leaseOf("b")});
}

TEST(LeftTasks, ForgetsOfAnIncompleteDeliveryOnlyTheTasksBeforeOneThatArrived) {
  LeftTasks tasks;
  leave(tasks, {"a", "b", "c"});
  tasks.askFor(3, 7);
  tasks.noteAsked(7);
  tasks.noteLeased("b");
  tasks.noteDelivery(false);
  EXPECT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks.noteLeased("c").turn, LeftTasks::Turn::Now) << "it was asked for, and may still come";
}

// While other names keep the queue full, no delivery says that nothing more is due.
TEST(LeftTasks, ForgetsATaskThatDoesNotComeWithThreeDeliveries) {
  LeftTasks tasks;
  leave(tasks, {"a", "b"});
  tasks.askFor(1, 7);
  tasks.noteAsked(7);
  for (int delivery = 1; delivery <= 3; ++delivery) {
    EXPECT_EQ(tasks.size(), 2u) << delivery;
    tasks.noteDelivery(false);
  }
  EXPECT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks.askFor(1, 8), std::vector{leaseOf("b")});
}

TEST(LeftTasks, AsksForTwiceAsManyEachTimeThatTheLastOnesWereGone) {
  LeftTasks tasks;
  for (int i = 0; i < 1000; ++i) leave(tasks, {std::to_string(i)});
  int rounds = 0;
  for (std::uint64_t batch = 1; !tasks.empty(); ++batch, ++rounds) {
    tasks.askFor(1, batch);
    tasks.noteAsked(batch);
    tasks.noteDelivery(true);
  }
  EXPECT_LE(rounds, 12);
}

}  // namespace
}  // namespace leptir::dispatcher
