#include "aws/current_credentials.h"

#include <gtest/gtest.h>

#include "aws/aws_fixture.h"

namespace leptir::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kNow{seconds(1'800'000'000)};

class CurrentCredentialsTest : public testing::Test {
 protected:
  static Credentials named(const std::string& key, std::optional<Time> expires = {}) {
    return {.accessKey = key, .secretKey = "s", .expires = expires};
  }
  std::string keyAt(Time now) {
    const auto credentials = current.at(now, seconds(60));
    return credentials ? credentials->accessKey : credentials.error().message();
  }

  ManualClock clock;
  std::shared_ptr<ScriptedCredentials::Script> script = std::make_shared<ScriptedCredentials::Script>();
  CurrentCredentials current{std::make_unique<ScriptedCredentials>(script), clock};
};

TEST_F(CurrentCredentialsTest, ThatDoNotExpireAreFetchedOnce) {
  script->results = {named("A"), named("B")};
  EXPECT_EQ(keyAt(kNow), "A");
  EXPECT_EQ(keyAt(kNow + hours(100'000)), "A");
  EXPECT_EQ(script->fetches, 1);
  EXPECT_LE(script->longest, seconds(10));
}

TEST_F(CurrentCredentialsTest, AreFetchedAgainFiveMinutesBeforeTheyExpire) {
  script->results = {named("A", kNow + minutes(60)), named("B", kNow + minutes(120))};
  EXPECT_EQ(keyAt(kNow), "A");
  clock.advance(minutes(54));
  EXPECT_EQ(keyAt(kNow + minutes(54)), "A");
  clock.advance(minutes(1));
  EXPECT_EQ(keyAt(kNow + minutes(55)), "B");
  EXPECT_EQ(script->fetches, 2);
}

TEST_F(CurrentCredentialsTest, ThatStillWorkAreKeptWhereOthersCannotBeFetched) {
  script->results = {named("A", kNow + minutes(60)), Error(ErrorCode::Unavailable, "down"),
                     Error(ErrorCode::Unavailable, "down"), named("B", kNow + minutes(120))};
  EXPECT_EQ(keyAt(kNow), "A");
  clock.advance(minutes(56));
  EXPECT_EQ(keyAt(kNow + minutes(56)), "A");
  EXPECT_EQ(keyAt(kNow + minutes(56)), "A");
  EXPECT_EQ(script->fetches, 2) << "not with each request";
  clock.advance(seconds(30));
  EXPECT_EQ(keyAt(kNow + minutes(57)), "A");
  clock.advance(seconds(30));
  EXPECT_EQ(keyAt(kNow + minutes(57)), "B");
}

TEST_F(CurrentCredentialsTest, ThatHaveExpiredAreNotUsedWhereOthersCannotBeFetched) {
  script->results = {named("A", kNow + minutes(60)), Error(ErrorCode::Unavailable, "down")};
  EXPECT_EQ(keyAt(kNow), "A");
  clock.advance(minutes(61));
  EXPECT_EQ(keyAt(kNow + minutes(61)), "down");
}

TEST_F(CurrentCredentialsTest, FailuresAreRememberedForAMoment) {
  script->results = {Error(ErrorCode::Unavailable, "down"), named("A")};
  EXPECT_EQ(keyAt(kNow), "down");
  EXPECT_EQ(keyAt(kNow), "down");
  EXPECT_EQ(script->fetches, 1);
  clock.advance(seconds(1));
  EXPECT_EQ(keyAt(kNow), "A");
  EXPECT_EQ(script->fetches, 2);
}

TEST_F(CurrentCredentialsTest, RefusedOnesAreReplacedOnceForAllRequests) {
  script->results = {named("A"), named("B"), named("C")};
  const auto old = current.at(kNow, seconds(1)).value();
  EXPECT_TRUE(current.replace(old, seconds(1)));
  EXPECT_TRUE(current.replace(old, seconds(1)));
  EXPECT_EQ(keyAt(kNow), "B");
  EXPECT_FALSE(current.replace(named("B"), seconds(1))) << "that was a moment ago";
  EXPECT_EQ(script->fetches, 2);
  clock.advance(seconds(2));
  EXPECT_TRUE(current.replace(named("B"), seconds(1)));
  EXPECT_EQ(keyAt(kNow), "C");
}

TEST_F(CurrentCredentialsTest, RefusedOnesThatComeAgainAreNotTriedAgain) {
  script->results = {named("A")};
  const auto old = current.at(kNow, seconds(1)).value();
  EXPECT_FALSE(current.replace(old, seconds(1)));
}

}  // namespace
}  // namespace leptir::aws
