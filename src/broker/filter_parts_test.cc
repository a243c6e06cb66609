#include "broker/filter_parts.h"

#include <gtest/gtest.h>

namespace leptir::broker {
namespace {

TEST(FilterParts, AFilterWithoutAStateMayMatchInEachPart) {
  for (const auto part : {QueuePart::Waiting, QueuePart::Leased, QueuePart::Buried}) EXPECT_TRUE(mayMatch({}, part));
}

TEST(FilterParts, AStateIsOfOnePart) {
  for (const auto state : {TaskState::Due, TaskState::Scheduled, TaskState::Leased, TaskState::Buried}) {
    const bool waits = state == TaskState::Due || state == TaskState::Scheduled;
    EXPECT_EQ(mayMatch({.state = state}, QueuePart::Waiting), waits);
    EXPECT_EQ(mayMatch({.state = state}, QueuePart::Leased), state == TaskState::Leased);
    EXPECT_EQ(mayMatch({.state = state}, QueuePart::Buried), state == TaskState::Buried);
  }
}

TEST(FilterParts, OnlyBuriedTasksHaveAReason) {
  EXPECT_TRUE(mayMatch({.reasonContains = "why"}, QueuePart::Buried));
  EXPECT_FALSE(mayMatch({.reasonContains = "why"}, QueuePart::Waiting));
  EXPECT_FALSE(mayMatch({.reasonContains = "why"}, QueuePart::Leased));
}

}  // namespace
}  // namespace leptir::broker
