// Operations: pauses, instances and orders to them.
#include "fleet/instance_card.h"
#include "fleet/order.h"
#include "fleet/pause.h"
#include "operations/audit_trail.h"
#include "operations/operations_fixture.h"

namespace leptir::operations {
namespace {

class FleetTest : public OperationsTest {
 protected:
  void writeCard(const std::string& instance, const std::string& host, int pid, std::size_t broker = kFirst) {
    fleet::InstanceCard card{.instance = instance, .host = host, .version = "0.1.0", .pid = pid, .workers = 4};
    card.broker = broker == kFirst ? "first" : "second";
    card.state = "running";
    card.written = card.since = systemClock().now();
    card.runningTasks = 1;
    card.running.push_back({.id = "t" + std::to_string(broker), .name = "mail", .began = card.since, .progress = 0.5});
    card.names = {"mail"};
    ASSERT_TRUE(store(broker).fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  }
  std::vector<fleet::Order> ordersAt(std::size_t broker) {
    std::vector<fleet::Order> orders;
    const auto entries = store(broker).fleet()->list(kFleetOrderKeyPrefix, "", 100);
    for (const auto& entry : entries.value()) {
      if (auto order = fleet::orderOf(entry)) orders.push_back(*order);
    }
    return orders;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, FleetTest, ::testing::Values("memory", "sqlite"));

constexpr const char* kOther = "fedcba9876543210fedcba9876543210";

TEST_P(FleetTest, APauseStandsInTheStoreUntilItIsEnded) {
  auto asked = operations();
  const auto report = asked.pause("first", "");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->changed, 1u);
  const auto pauses = fleet::pausesIn(*store().fleet());
  ASSERT_THAT(*pauses, SizeIs(1));
  EXPECT_EQ((*pauses)[0].by, "ann@here");
  EXPECT_TRUE(asked.queues()[0].isPaused());
  EXPECT_FALSE(asked.queues()[1].isPaused());
  EXPECT_EQ(asked.pause("first", "")->changed, 0u) << "it is paused already";
  EXPECT_EQ(asked.resume("first", "")->changed, 1u);
  EXPECT_FALSE(asked.queues()[0].isPaused());
  EXPECT_EQ(asked.resume("first", "").error().code(), ErrorCode::NotFound);
}

TEST_P(FleetTest, APauseOfANameIsOneOfAllBrokersAndNotOfTheQueue) {
  auto asked = operations();
  EXPECT_EQ(asked.pause("", "mail")->changed, 2u);
  EXPECT_FALSE(asked.queues()[0].isPaused());
  ASSERT_THAT(asked.queues()[1].pauses, SizeIs(1));
  EXPECT_EQ(asked.queues()[1].pauses[0].name, "mail");
  EXPECT_EQ(asked.resume("", "").error().code(), ErrorCode::NotFound) << "the whole queue was not paused";
  EXPECT_EQ(asked.resume("", "mail")->changed, 2u);
  EXPECT_THAT(asked.auditTrail(10)->actions, SizeIs(4));
}

TEST_P(FleetTest, ResumeAllEndsThePausesOfQueuesAndOfNames) {
  auto asked = operations();
  EXPECT_EQ(asked.resumeAll().error().code(), ErrorCode::NotFound);
  ASSERT_TRUE(asked.pause("second", ""));
  ASSERT_TRUE(asked.pause("", "mail"));
  const auto pauses = asked.pauses();
  ASSERT_TRUE(pauses);
  ASSERT_THAT(pauses->pauses, SizeIs(3));
  EXPECT_EQ(pauses->pauses[0].broker, "first");
  EXPECT_EQ(pauses->pauses[0].paused.name, "mail");
  const auto report = asked.resumeAll();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->changed, 3u);
  EXPECT_THAT(asked.pauses()->pauses, IsEmpty());
  EXPECT_THAT(asked.auditTrail(10)->actions, SizeIs(6));
}

TEST_P(FleetTest, ASecondPauseChangesNothingAndStandsInTheAuditTrail) {
  ASSERT_EQ(operations().pause("first", "")->changed, 1u);
  auto bob = operations("bob@there");
  EXPECT_EQ(bob.pause("first", "")->changed, 0u);
  const auto actions = bob.auditTrail(10)->actions;
  ASSERT_THAT(actions, SizeIs(2));
  EXPECT_EQ(actions[0].by, "bob@there");
  EXPECT_EQ(actions[0].changed, 0u);
  EXPECT_EQ(actions[0].outcome, "it was paused already");
  EXPECT_EQ(bob.queues()[0].pauses.at(0).by, "ann@here") << "the pause is that of the first operator";
}

TEST_P(FleetTest, APauseOfAnUnknownBrokerNamesTheNearestOne) {
  auto asked = operations();
  const auto report = asked.pause("frist", "");
  EXPECT_EQ(report.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(report.error().message(), "no broker is named 'frist': did you mean 'first'?");
  EXPECT_EQ(asked.pause("", "a\nb").error().code(), ErrorCode::Invalid);
}

TEST_P(FleetTest, APauseOfAllQueuesSaysWhichStoreFailed) {
  faults[kSecond].failUntilRepaired();
  auto asked = operations();
  const auto report = asked.pause("", "");
  EXPECT_EQ(report->changed, 1u);
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_THAT(report->errors[0].message(), HasSubstr("broker second"));
}

TEST_P(FleetTest, AnInstanceAtTwoBrokersIsToldOnceWithTheTasksOfBoth) {
  writeCard(kOther, "web2", 12, kFirst);
  writeCard(kOther, "web2", 12, kSecond);
  push("a");
  lease();
  auto asked = operations();
  const auto fleet = asked.instances();
  ASSERT_TRUE(fleet) << fleet.error().message();
  ASSERT_THAT(fleet->instances, SizeIs(2));
  const auto& withoutCard = fleet->instances[0];
  EXPECT_EQ(withoutCard.host, "web1");
  EXPECT_FALSE(withoutCard.hasCard) << "only its session tells of it";
  EXPECT_EQ(withoutCard.leased, 1u);
  const auto& both = fleet->instances[1];
  EXPECT_THAT(both.brokers, ElementsAre("first", "second"));
  EXPECT_TRUE(both.hasCard);
  EXPECT_EQ(both.runningTasks, 2u);
  EXPECT_THAT(both.names, ElementsAre("mail"));
}

TEST_P(FleetTest, TasksOfAStoreThatDoesNotAnswerAreToldByTheCardInAnother) {
  fleet::InstanceCard card{.instance = kOther, .host = "web2", .broker = "first", .pid = 12, .workers = 4};
  card.state = "running";
  card.written = card.since = systemClock().now();
  card.others = {{.broker = "second",
                  .runningTasks = 60,
                  .running = {{.id = "t1", .name = "mail", .began = card.since, .attempt = 2}}}};
  ASSERT_TRUE(store(kFirst).fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  writeCard(kOther, "web2", 12, kSecond);
  auto asked = operations();
  EXPECT_EQ(asked.instances()->instances.at(0).runningTasks, 1u) << "both stores answer";
  faults[kSecond].failUntilRepaired();
  const auto fleet = asked.instances();
  ASSERT_TRUE(fleet) << fleet.error().message();
  const auto& instance = fleet->instances.at(0);
  EXPECT_EQ(instance.runningTasks, 60u);
  ASSERT_THAT(instance.running, SizeIs(1));
  EXPECT_EQ(instance.running[0].broker, "second");
  ASSERT_THAT(instance.runningAt, SizeIs(2));
  EXPECT_FALSE(instance.runningAt[1].isFromOwnStore);
  const auto task = asked.task("t1");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->running->attempt, 2);
  EXPECT_EQ(task->instance, kOther);
  EXPECT_EQ(asked.task("t2").error().code(), ErrorCode::Unavailable);
}

TEST_P(FleetTest, AnInstanceIsFoundByHostByPidAndByItsFirstDigits) {
  writeCard(kInstance, "web1", 1);
  writeCard(kOther, "web1", 2);
  auto asked = operations();
  EXPECT_EQ(asked.findInstance("web1:2")->instance, kOther);
  EXPECT_EQ(asked.findInstance("fedc")->instance, kOther);
  const auto several = asked.findInstance("web1");
  EXPECT_EQ(several.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(several.error().message(), HasSubstr("'web1' fits 2 instances: "));
  EXPECT_EQ(asked.findInstance("web9").error().code(), ErrorCode::NotFound);
  EXPECT_EQ(asked.findInstance("").error().code(), ErrorCode::Invalid);
}

TEST_P(FleetTest, AnOrderStandsInOneStoreUntilItsInstanceTakesIt) {
  writeCard(kOther, "web2", 12, kFirst);
  writeCard(kOther, "web2", 12, kSecond);
  auto asked = operations();
  const auto instance = asked.findInstance("web2");
  const auto placed = asked.order(*instance, {.kind = InstanceOrder::Kind::SetWorkers, .workers = 7});
  ASSERT_TRUE(placed) << placed.error().message();
  EXPECT_THAT(ordersAt(kSecond), IsEmpty());
  const auto orders = ordersAt(kFirst);
  ASSERT_THAT(orders, SizeIs(1));
  EXPECT_EQ(orders[0].kind, fleet::Order::Kind::SetWorkers);
  EXPECT_EQ(orders[0].workers, 7);
  EXPECT_EQ(orders[0].by, "ann@here");
  EXPECT_FALSE(*asked.isTaken(*placed));
  ASSERT_TRUE(store().fleet()->erase(placed->key));
  EXPECT_TRUE(*asked.isTaken(*placed));
  EXPECT_EQ(asked.auditTrail(1)->actions.at(0).action, "set-workers");
}

TEST_P(FleetTest, AnOrderThatHasExpiredIsToldFromOneThatWasTaken) {
  writeCard(kOther, "web2", 12, kFirst);
  auto asked = operations();
  const auto instance = asked.findInstance("web2");
  auto placed = asked.order(*instance, {.kind = InstanceOrder::Kind::Stop}).value();
  ASSERT_TRUE(store().fleet()->erase(placed.key));
  placed.at -= 2h;
  const auto expired = asked.isTaken(placed);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code(), ErrorCode::NotFound);
  ASSERT_TRUE(store().fleet()->put(fleet::keyOfTakenOrder(placed.key), kOther, fleet::kTakenOrderLifetime));
  EXPECT_TRUE(*asked.isTaken(placed));
}

TEST_P(FleetTest, TheAuditTrailKeepsTheNewestEntries) {
  auto all = stores();
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(writeAuditEntry(all, kFirst, {.action = "cancel", .on = std::to_string(i), .changed = 1}));
  ASSERT_TRUE(trimAuditTrail(all, kFirst, 10));
  const auto left = operations().auditTrail(100)->actions;
  ASSERT_THAT(left, SizeIs(10));
  EXPECT_EQ(left.front().on, "29");
  ASSERT_TRUE(trimAuditTrail(all, kFirst, 10)) << "nothing is left to remove";
  EXPECT_THAT(operations().auditTrail(100)->actions, SizeIs(10));
}

TEST_P(FleetTest, AnOrderGoesToAnotherStoreOfTheInstanceIfTheFirstIsDown) {
  writeCard(kOther, "web2", 12, kFirst);
  writeCard(kOther, "web2", 12, kSecond);
  auto asked = operations();
  const auto instance = asked.findInstance("web2");
  faults[kFirst].failUntilRepaired();
  ASSERT_TRUE(asked.order(*instance, {.kind = InstanceOrder::Kind::Stop}));
  EXPECT_THAT(ordersAt(kSecond), SizeIs(1));
}

TEST_P(FleetTest, AnOrderOfNoWorkersOrOfTooManyIsInvalid) {
  writeCard(kOther, "web2", 12);
  auto asked = operations();
  const auto instance = asked.findInstance("web2");
  for (const int workers : {0, -1, kMaxWorkersPerOrder + 1}) {
    const auto placed = asked.order(*instance, {.kind = InstanceOrder::Kind::SetWorkers, .workers = workers});
    EXPECT_EQ(placed.error().code(), ErrorCode::Invalid) << workers;
  }
  EXPECT_THAT(ordersAt(kFirst), IsEmpty());
}

TEST_P(FleetTest, AnInstanceWithoutACardTakesNoOrders) {
  push("a");
  lease();
  auto asked = operations();
  const auto instance = asked.findInstance("web1");
  ASSERT_TRUE(instance) << instance.error().message();
  EXPECT_EQ(asked.order(*instance, {.kind = InstanceOrder::Kind::Stop}).error().code(), ErrorCode::Unsupported);
}

TEST_P(FleetTest, ResumeWithdrawsOrdersToDrainOrToStopThatWereNotTakenAlsoWithoutACard) {
  writeCard(kInstance, "web1", 7);
  push("a");
  lease();
  auto asked = operations();
  const auto hanging = asked.findInstance("web1");
  for (const auto kind : {InstanceOrder::Kind::Drain, InstanceOrder::Kind::Stop, InstanceOrder::Kind::Reload})
    ASSERT_TRUE(asked.order(*hanging, {.kind = kind}));
  ASSERT_TRUE(store().fleet()->erase(fleet::keyOf(fleet::InstanceCard{.instance = kInstance})));
  const auto withoutCard = asked.findInstance("web1");
  ASSERT_FALSE(withoutCard->hasCard);
  const auto resumed = asked.order(*withoutCard, {.kind = InstanceOrder::Kind::Resume});
  ASSERT_TRUE(resumed) << resumed.error().message();
  EXPECT_THAT(resumed->withdrawn, UnorderedElementsAre("drain", "stop"));
  std::vector<fleet::Order::Kind> left;
  for (const auto& order : ordersAt(kFirst)) left.push_back(order.kind);
  EXPECT_THAT(left, UnorderedElementsAre(fleet::Order::Kind::Reload, fleet::Order::Kind::Resume));
}

TEST_P(FleetTest, ARunningTaskIsToldWithItsProgress) {
  push("t0");
  lease();
  writeCard(kInstance, "web1", 7);
  auto asked = operations();
  const auto task = asked.task("t0");
  ASSERT_TRUE(task->running);
  EXPECT_EQ(task->running->progress, 0.5);
  EXPECT_EQ(task->instance, kInstance);
}

}  // namespace
}  // namespace leptir::operations
