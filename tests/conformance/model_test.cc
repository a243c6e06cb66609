#include "tests/conformance/model.h"

#include <gtest/gtest.h>

#include "tests/conformance/comparison.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

class ModelTest : public ::testing::TestWithParam<BackendUnderTest> {};
LEPTIR_CONFORMANCE_GROUP_ON(BesideTheReference, ModelTest, backendsWithAKeeper());

TEST_P(BesideTheReference, AnswersAsTheReferenceDoes) {
  const auto first = seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    Model model(GetParam(), first + round);
    for (int step = 1; step <= 400; ++step) {
      ASSERT_EQ(model.step(), "") << "LEPTIR_SEED=" << first + round << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace leptir::conformance
