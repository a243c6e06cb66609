#include "broker/fleet_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace leptir::broker {
namespace {

using ::testing::HasSubstr;

std::string errorOf(std::string_view key, std::string_view value) {
  const auto checked = checkFleetEntry(key, value);
  if (checked) return "";
  EXPECT_EQ(checked.error().code(), ErrorCode::Invalid);
  return checked.error().message();
}

TEST(FleetRules, SayWhatIsWrongAndWhatIsAllowed) {
  EXPECT_THAT(errorOf("", "v"), HasSubstr("1 to 256 printable ASCII characters"));
  EXPECT_THAT(errorOf("a\tb", "v"), HasSubstr("this one has 3 bytes"));
  EXPECT_THAT(errorOf("a", std::string(kMaxFleetValueBytes + 1, 'x')), HasSubstr("has 65537 bytes; at most 65536"));
  EXPECT_THAT(errorOf("a", "\xc3"), HasSubstr("the value of 'a' is not UTF-8"));
  EXPECT_EQ(errorOf(std::string(kMaxFleetKeyBytes, ' '), std::string(kMaxFleetValueBytes, 'x')), "");
}

TEST(FleetRules, OrdersAndPausesChangeTheVersion) {
  EXPECT_TRUE(changesFleetVersion("orders/a/1"));
  EXPECT_TRUE(changesFleetVersion("pauses/queue"));
  EXPECT_FALSE(changesFleetVersion("orders"));
  EXPECT_FALSE(changesFleetVersion("instances/orders/"));
}

}  // namespace
}  // namespace leptir::broker
