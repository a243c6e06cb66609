#include "top/fleet_merge.h"

#include "top/screens_fixture.h"

namespace leptir::top {
namespace {

using FleetMerge = ScreenTest;

TEST_F(FleetMerge, AnInstanceWithTwoBrokersIsOneWithTheTasksOfBoth) {
  auto atLocal = instance("web1", {running("1", "mail")});
  auto atBulk = instance("web1", {running("2", "resize")});
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
