// Which certificates of the service are accepted, with authorities made by the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "tests/support/certificates.h"
#include "tests/support/machine.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

class JsonClientTls : public testing::Test {
 protected:
  void SetUp() override {
    if (!isNameKnownHere("localhost")) GTEST_SKIP() << "this machine does not know the name localhost";
  }
  static std::unique_ptr<HttpServer> serverWith(const std::string& name, const std::string& names) {
    sharedAuthority().sign(name, names);
    auto server =
        std::make_unique<HttpServer>(sharedAuthority().file(name + ".pem"), sharedAuthority().file(name + ".key"));
    server->keepConnections();
    server->answerBy([](const HttpReceived&) { return HttpReaction{.body = "{}"}; });
    return server;
  }
  static JsonClient clientOf(const HttpServer& server, const std::string& caFile) {
    return JsonClient(
        {.endpoint = server.origin("localhost"), .region = "eu-west-1", .service = "sqs", .caFile = caFile},
        fixedCredentials(someCredentials()));
  }
  static Result<JsonAnswer> perform(JsonClient& client, Repeat repeat = Repeat::Always) {
    return client.perform({.target = "AmazonSQS.Test", .body = "{}", .limit = seconds(10), .repeat = repeat});
  }

  CleanEnvironment environment;
};

TEST_F(JsonClientTls, KeepsItsConnectionsAndSessions) {
  const auto server = serverWith("good", "DNS:localhost");
  auto client = clientOf(*server, sharedAuthority().file("ca.pem"));
  for (int i = 0; i < 20; ++i) {
    const auto answer = perform(client);
    ASSERT_TRUE(answer) << answer.error().message();
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(JsonClientTls, TakesTheAuthoritiesThatTheEnvironmentNames) {
  const auto server = serverWith("good", "DNS:localhost");
  environment.set("AWS_CA_BUNDLE", sharedAuthority().file("ca.pem"));
  auto client = clientOf(*server, "");
  EXPECT_TRUE(perform(client));
  environment.set("AWS_CA_BUNDLE", "/nowhere/ca.pem");
  auto other = clientOf(*server, "");
  EXPECT_THAT(perform(other).error().message(), AllOf(HasSubstr("AWS_CA_BUNDLE"), HasSubstr("/nowhere/ca.pem")));
}

TEST_F(JsonClientTls, SendsNothingToAServerThatCannotProveItsName) {
  const auto server = serverWith("other", "DNS:sqs.example.org");
  auto client = clientOf(*server, sharedAuthority().file("ca.pem"));
  const auto answer = perform(client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(answer.error().message(), HasSubstr("its certificate is for another name"));
  EXPECT_EQ(server->requests().size(), 0u);
  EXPECT_EQ(client.counts().sent, 0u);
}

TEST_F(JsonClientTls, RefusesACertificateOfAnUnknownAuthority) {
  const auto server = serverWith("good", "DNS:localhost");
  auto client = clientOf(*server, "");
  const auto answer = perform(client);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(answer.error().message(), AllOf(HasSubstr("does not verify"), HasSubstr("'ca_file'")));
}

TEST_F(JsonClientTls, ALostKeptConnectionIsNotUsedASecondTime) {
  const auto server = serverWith("good", "DNS:localhost");
  auto client = clientOf(*server, sharedAuthority().file("ca.pem"));
  ASSERT_TRUE(perform(client));
  server->willReact({{.how = HttpReaction::How::ResetFirst}});
  EXPECT_EQ(perform(client, Repeat::IfRefused).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(server->requests().size(), 2u);
  EXPECT_TRUE(perform(client, Repeat::IfRefused));
}

}  // namespace
}  // namespace leptir::aws
