// How long commands wait for servers that do not answer.
#include "config/store_circuit_breaker.h"

#include <gtest/gtest.h>

#include <vector>

namespace leptir::config {
namespace {

using namespace std::chrono_literals;

class StoreCircuitBreakerTest : public ::testing::Test {
 protected:
  Result<int> openAt(const std::string& server, Duration takes, std::optional<ErrorCode> error) {
    return breaker.open(server, "broker far", [&]() -> Result<int> {
      ++opened;
      clock.advance(takes);
      if (error) return Error(*error, "no reply");
      return 1;
    });
  }

  ManualClock clock;
  std::vector<std::string> told;
  StoreCircuitBreaker breaker{[this](const std::string& store) { told.push_back(store); }, clock};
  int opened = 0;
};

TEST_F(StoreCircuitBreakerTest, AServerThatLetItsCallerWaitIsNotAskedAgainForAWhile) {
  EXPECT_FALSE(openAt("redis a", 5s, ErrorCode::Unavailable));
  const auto again = openAt("redis a", 5s, ErrorCode::Unavailable);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message(), "no reply");
  EXPECT_EQ(opened, 1);
  EXPECT_TRUE(openAt("redis b", 5s, {})) << "another server";
  clock.advance(kNotAskedAgainFor);
  EXPECT_TRUE(openAt("redis a", 0s, {}));
  EXPECT_EQ(opened, 3);
}

TEST_F(StoreCircuitBreakerTest, AServerThatAnsweredOrRefusedAtOnceIsAskedAgain) {
  EXPECT_FALSE(openAt("redis a", 1ms, ErrorCode::Unavailable));
  EXPECT_FALSE(openAt("redis a", 5s, ErrorCode::NotFound)) << "it has answered that there is no such store";
  EXPECT_TRUE(openAt("redis a", 0s, {}));
  EXPECT_EQ(opened, 3);
}

TEST_F(StoreCircuitBreakerTest, TheCallerIsToldWhichStoreIsBeingOpened) {
  (void)openAt("redis a", 5s, ErrorCode::TimedOut);
  (void)openAt("redis a", 5s, ErrorCode::TimedOut);
  EXPECT_EQ(told, (std::vector<std::string>{"broker far", ""}));
}

TEST(ServerOf, IsTheSameForStoresOfOneServer) {
  const Json queue{{"host", "db1"}, {"port", 6379}, {"key", "queue"}}, records{{"host", "db1"}, {"port", 6379}};
  EXPECT_EQ(serverOf("redis", queue), serverOf("redis", records));
  EXPECT_NE(serverOf("redis", queue), serverOf("mongodb", queue));
  EXPECT_NE(serverOf("redis", queue), serverOf("redis", {{"host", "db2"}, {"port", 6379}}));
  EXPECT_NE(serverOf("own", {{"place", 1}}), serverOf("own", {{"place", 2}})) << "of a backend of another project";
}

}  // namespace
}  // namespace leptir::config
