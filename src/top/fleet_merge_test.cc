#include "top/fleet_merge.h"

#include "top/screens_fixture.h"

namespace leptir::top {
namespace {

using FleetMerge = ScreenTest;

TEST_F(FleetMerge, AnInstanceWithTwoBrokersIsOneWithTheTasksOfBoth) {
  auto atLocal = instance("web1", {running("1", "mail")});
  auto atBulk = withTasks(instance("web1", {}), {running("2", "resize")}, "bulk");
  atBulk.brokers = {"bulk"};
  atBulk.lastSeen = kNow;
  atBulk.done = 9;
  atLocal.done = 8;
  const auto fleet = mergedFleet({{.instances = {atLocal}}, {.instances = {atBulk}}});
  ASSERT_THAT(fleet, SizeIs(1));
  EXPECT_EQ(fleet[0].done, 9u) << "the card that was written last";
  EXPECT_EQ(fleet[0].runningTasks, 2u);
  EXPECT_THAT(fleet[0].running, SizeIs(2));
  EXPECT_THAT(fleet[0].brokers, ElementsAre("bulk", "local"));
}

TEST_F(FleetMerge, TasksOfAStoreThatDoesNotAnswerAreThoseThatTheNewestCardTells) {
  auto healthy = instance("web1", {});
  healthy.lastSeen = kNow;
  healthy.runningAt.push_back({.broker = "bulk", .tasks = 1, .isFromOwnStore = false});
  healthy.running.push_back(running("2", "resize"));
  healthy.running.back().broker = "bulk";
  healthy.runningTasks = 1;
  auto silent = withTasks(instance("web1", {}), {running("1", "resize"), running("2", "resize")}, "bulk");
  const auto both = mergedFleet({{.instances = {healthy}}, {.instances = {silent}}});
  EXPECT_EQ(both.at(0).runningTasks, 2u) << "the store itself has told";
  EXPECT_THAT(both[0].running, SizeIs(2));
  silent.runningAt[0].isFromOwnStore = false;
  const auto now = mergedFleet({{.instances = {healthy}}, {.instances = {silent}}});
  EXPECT_EQ(now.at(0).runningTasks, 1u);
  ASSERT_THAT(now[0].running, SizeIs(1));
  EXPECT_EQ(now[0].running[0].id, "2");
}

TEST_F(FleetMerge, ACardTellsMoreThanASession) {
  InstanceView session{.instance = instance("web1", {}).instance, .brokers = {"bulk"}};
  const auto fleet = mergedFleet({{.instances = {session}}, {.instances = {instance("web1", {})}}});
  ASSERT_THAT(fleet, SizeIs(1));
  EXPECT_TRUE(fleet[0].hasCard);
  EXPECT_EQ(fleet[0].host, "web1");
}

TEST_F(FleetMerge, InstancesAreInTheOrderOfTheirHosts) {
  const auto fleet = mergedFleet({{.instances = {instance("web2", {})}}, {.instances = {instance("web1", {})}}});
  ASSERT_THAT(fleet, SizeIs(2));
  EXPECT_EQ(fleet[0].host, "web1");
}

}  // namespace
}  // namespace leptir::top
