#include "aws/container_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDocument =
    R"({"AccessKeyId":"AK","SecretAccessKey":"geheim","Token":"T","Expiration":"2099-01-01T00:00:00Z","RoleArn":"x"})";

class ContainerCredentialsTest : public testing::Test {
 protected:
  static Result<Credentials> fetch() { return containerCredentials()->fetch(std::chrono::seconds(10)); }
  void useServer() const { environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.origin() + "/v1/credentials"); }

  CleanEnvironment environment;
  HttpServer server;
};

TEST_F(ContainerCredentialsTest, AreThoseThatTheAgentGives) {
  useServer();
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
  environment.set("http_proxy", "http://127.0.0.1:1");
  server.willReact({{.body = kDocument}});
  EXPECT_EQ(textOf(fetch()), "AK geheim T");
  http::forgetProxies();
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/v1/credentials");
  EXPECT_EQ(request.headers.at("authorization"), "Basic abc");
}

TEST_F(ContainerCredentialsTest, TheFileOfTheTokenIsReadAnewAndComesFirst) {
  const TempDir folder;
  useServer();
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder / "token");
  EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid) << "there is no such file";
  for (const std::string token : {"one", "two"}) {
    folder.write("token", token + "\n");
    server.willReact({{.body = kDocument}});
    EXPECT_TRUE(fetch());
    EXPECT_EQ(server.requests().back().headers.at("authorization"), token);
  }
}

TEST_F(ContainerCredentialsTest, ATokenWithALineEndIsRefused) {
  useServer();
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nHost: b");
  EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(ContainerCredentialsTest, AreAskedForByPlainHttpOnThisMachineOnly) {
  for (const std::string host : {"example.org", "169.254.169.254", "10.0.0.1", "127.0.0.1.example.org", "[fe80::1]"}) {
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + host + "/x");
    EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid) << host;
    EXPECT_THAT(textOf(fetch()), HasSubstr("neither https nor an address of this machine"));
  }
}

TEST_F(ContainerCredentialsTest, AreNotFoundWithoutTheVariables) {
  EXPECT_EQ(fetch().error().code(), ErrorCode::NotFound);
}

TEST_F(ContainerCredentialsTest, ErrorsOfTheAgentAreErrorsWithoutSecrets) {
  useServer();
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "geheim");
  for (const auto& [reaction, code] :
       {std::pair{HttpReaction{.status = 500}, ErrorCode::Unavailable},
        {HttpReaction{.status = 429}, ErrorCode::Unavailable},
        {HttpReaction{.how = HttpReaction::How::Close}, ErrorCode::Unavailable},
        {HttpReaction{.status = 401, .body = "geheim"}, ErrorCode::Invalid},
        {HttpReaction{.body = "geheim"}, ErrorCode::Invalid},
        {HttpReaction{.body = R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"geheim"})"}, ErrorCode::Invalid},
        {HttpReaction{.body = R"({"AccessKeyId":"geheim"})"}, ErrorCode::Invalid}}) {
    server.willReact({reaction});
    const auto fetched = fetch();
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code(), code) << reaction.body;
    EXPECT_THAT(fetched.error().message(), AllOf(HasSubstr("credentials of the container"), Not(HasSubstr("geheim"))));
  }
}

}  // namespace
}  // namespace leptir::aws
