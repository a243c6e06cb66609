#include "dispatcher/lease_index.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

TEST(LeaseIndex, FindsALeaseByItsNumberAndItsHandle) {
  const std::vector<LeasedTask> named{{.lease = {7, "a"}}, {.lease = {7, "b"}}, {.lease = {8, "a"}}};
  const LeaseIndex index(named, &LeasedTask::lease);
  EXPECT_EQ(index.find({7, "b"}), 1u);
  EXPECT_EQ(index.find({8, "a"}), 2u);
  EXPECT_EQ(index.find({8, "b"}), std::nullopt);
}

TEST(LeaseIndex, NamesTheFirstOfTwoEqualLeases) {
  const std::vector<LeaseId> named{{7, "a"}, {7, "a"}};
  EXPECT_EQ(LeaseIndex(named).find({7, "a"}), 0u);
}

}  // namespace
}  // namespace leptir::dispatcher
