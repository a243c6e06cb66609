#include "aws/instance_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"

namespace leptir::aws {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class InstanceCredentialsTest : public testing::Test {
 protected:
  InstanceCredentialsTest() { environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.origin() + "/"); }
  static Result<Credentials> fetch(Duration longest = seconds(10)) { return instanceCredentials()->fetch(longest); }
  static std::string document(const std::string& expires = "2099-01-01T00:00:00Z") {
    return R"({"Code":"Success","AccessKeyId":"AK","SecretAccessKey":"s","Token":"T","Expiration":")" + expires + "\"}";
  }

  CleanEnvironment environment;
  HttpServer server;
};

TEST_F(InstanceCredentialsTest, AreThoseOfTheMachinesRole) {
  server.willReact({{.body = "theToken"}, {.body = "my-role\n"}, {.body = document()}});
  EXPECT_EQ(textOf(fetch()), "AK s T");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].method + requests[0].target, "PUT/latest/api/token");
  EXPECT_EQ(requests[0].headers.at("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(requests[1].method + requests[1].target, "GET/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(requests[2].target, "/latest/meta-data/iam/security-credentials/my-role");
  for (const auto& request : {requests[1], requests[2]})
    EXPECT_EQ(request.headers.at("x-aws-ec2-metadata-token"), "theToken");
}

TEST_F(InstanceCredentialsTest, AreNotFoundWhereTheMachineGivesNone) {
  for (const auto& reactions : {std::deque<HttpReaction>{{.status = 403}}, std::deque<HttpReaction>{{.status = 404}},
                                std::deque<HttpReaction>{{.body = "t"}, {.status = 404}},
                                std::deque<HttpReaction>{{.body = "t"}, {.body = " "}}}) {
    server.willReact(reactions);
    EXPECT_EQ(fetch().error().code(), ErrorCode::NotFound);
  }
  environment.set("AWS_EC2_METADATA_DISABLED", "True");
  const auto before = server.connections();
  EXPECT_EQ(fetch().error().code(), ErrorCode::NotFound);
  EXPECT_EQ(server.connections(), before);
}

TEST_F(InstanceCredentialsTest, AServiceThatDoesNotAnswerIsGivenUpAfterASecond) {
  server.willReact({{.how = HttpReaction::How::Silence}});
  const auto begin = systemClock().bootTime();
  const auto fetched = fetch();
  EXPECT_EQ(fetched.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(fetched.error().message(), HasSubstr("hop limit"));
  EXPECT_LE(systemClock().bootTime() - begin, seconds(8));
}

TEST_F(InstanceCredentialsTest, AreAskedForAsOftenAsTheEnvironmentSays) {
  environment.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
  server.willReact(
      {{.status = 500}, {.how = HttpReaction::How::Close}, {.body = "t"}, {.body = "r"}, {.body = document()}});
  EXPECT_EQ(textOf(fetch()), "AK s T");
  EXPECT_EQ(server.requests().size(), 5u);
}

TEST_F(InstanceCredentialsTest, ThatHaveExpiredAreUsedOn) {
  server.willReact({{.body = "t"}, {.body = "r"}, {.body = document("2020-01-01T00:00:00Z")}});
  const auto fetched = fetch();
  ASSERT_TRUE(fetched);
  EXPECT_GT(*fetched->expires, systemClock().now() + std::chrono::minutes(5));
}

TEST_F(InstanceCredentialsTest, OfARoleThatCannotBeAssumedAreInvalid) {
  server.willReact({{.body = "t"}, {.body = "r"}, {.body = R"({"Code":"AssumeRoleUnauthorizedAccess"})"}});
  const auto fetched = fetch();
  EXPECT_EQ(fetched.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(fetched.error().message(),
              HasSubstr("instance metadata: the answer says 'AssumeRoleUnauthorizedAccess'"));
}

}  // namespace
}  // namespace leptir::aws
