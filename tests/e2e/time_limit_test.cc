// Time limits as they are given on the command line.
#include <gmock/gmock.h>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class TimeLimitTest : public Installation {};

// Converted to nanoseconds or microseconds, these limits would wrap around to small numbers.
TEST_F(TimeLimitTest, PushRefusesTimeLimitsThatWouldOverflow) {
  for (const std::string limit : {"18446744073710", "18446744073709552", "9223372036854775807"}) {
    const auto pushed = leptir({"push", "noop", "--timeLimit", limit});
    EXPECT_NE(pushed.exit, 0);
    EXPECT_EQ(pushed.out, "");
    EXPECT_THAT(pushed.err, HasSubstr("the time limit of " + limit + " s is longer than "));
  }
  EXPECT_EQ(leptir({"push", "noop", "--timeLimit", "18446744073709551616"}).exit, 2) << "no number of 64 bits";
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0) << "nothing was pushed";
}

}  // namespace
}  // namespace leptir::e2e
