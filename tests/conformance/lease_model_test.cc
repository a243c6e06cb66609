#include "tests/conformance/lease_model.h"

#include <gtest/gtest.h>

#include "tests/conformance/comparison.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

std::vector<BackendUnderTest> backendsWithoutSessions() {
  auto all = backendsUnderTest();
  std::erase_if(all, [](const BackendUnderTest& backend) { return backend.traits.keepsSessions; });
  return all;
}

class LeaseModelTest : public ::testing::TestWithParam<BackendUnderTest> {};
LEPTIR_CONFORMANCE_GROUP_ON(LeasesWithoutSessions, LeaseModelTest, backendsWithoutSessions());

TEST_P(LeasesWithoutSessions, AnswerAsTheirModelDoes) {
  const auto first = seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    LeaseModel model(GetParam(), first + round);
    for (int step = 1; step <= 400; ++step) {
      ASSERT_EQ(model.step(), "") << "LEPTIR_SEED=" << first + round << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace leptir::conformance
