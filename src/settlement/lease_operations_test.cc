#include "settlement/lease_operations.h"

#include <gtest/gtest.h>

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;
using Kind = Settlement::Kind;

constexpr Time kNow{100s};

LeaseOperations operationsOf(Settlement settlement) {
  HeldTask task;
  task.lease = {7, "handle"};
  LeaseOperations operations;
  operations.add(task, settlement, "{}", kNow);
  return operations;
}

TEST(LeaseOperations, ATaskThatIsOverIsAcknowledgedAndItsRecordSaved) {
  const auto operations = operationsOf({.kind = Kind::Acknowledge, .record = MetaInfo{.id = "a"}});
  EXPECT_EQ(operations.acknowledge, (std::vector<LeaseId>{{7, "handle"}}));
  EXPECT_EQ(operations.records.size(), 1u);
  EXPECT_TRUE(operations.release.empty());
  EXPECT_TRUE(operations.bury.empty());
}

TEST(LeaseOperations, ATaskThatIsReleasedIsDueAfterItsDelayUnlessItKeepsItsPlace) {
  const auto last = operationsOf({.kind = Kind::Release, .counters = {.failures = 1}, .delay = 5s});
  ASSERT_EQ(last.release.size(), 1u);
  EXPECT_EQ(last.release[0].due, kNow + 5s);
  EXPECT_EQ(last.release[0].counters.failures, 1u);
  EXPECT_EQ(last.release[0].envelope, "{}");
  const auto kept = operationsOf({.kind = Kind::Release, .position = Settlement::Position::Kept});
  EXPECT_EQ(kept.release.at(0).due, std::nullopt);
  const auto givenBack = operationsOf({.kind = Kind::GiveBack});
  EXPECT_EQ(givenBack.release.at(0).due, std::nullopt);
}

TEST(LeaseOperations, ATaskThatIsLeftToOthersKeepsItsPlace) {
  const auto operations = operationsOf({.kind = Kind::LeaveToOthers, .delay = 30s});
  EXPECT_EQ(operations.release.at(0).leftToOthersUntil, kNow + 30s);
  EXPECT_EQ(operations.release.at(0).due, std::nullopt);
}

TEST(LeaseOperations, ATaskThatIsBuriedHasItsReason) {
  const auto operations = operationsOf({.kind = Kind::Bury, .reason = "why"});
  EXPECT_EQ(operations.bury.at(0).reason, "why");
  EXPECT_EQ(operations.bury.at(0).lease.number, 7u);
}

TEST(LeaseOperations, ARecordThatHasNeitherIdNorNameIsNotSaved) {
  EXPECT_TRUE(operationsOf({.kind = Kind::Bury, .record = MetaInfo{.cause = "malformed"}}).records.empty());
  EXPECT_EQ(operationsOf({.kind = Kind::Bury, .record = MetaInfo{.type = "of PHP"}}).records.size(), 1u);
}

TEST(LeaseOperations, ATaskWhoseLeaseIsLostChangesNothing) {
  const auto operations = operationsOf({.kind = Kind::Drop});
  EXPECT_TRUE(operations.acknowledge.empty() && operations.release.empty() && operations.bury.empty());
}

}  // namespace
}  // namespace leptir::settlement
