#include "aws/credential_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "aws/profiles.h"
#include "aws/security_token_service.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CredentialChainTest : public testing::Test {
 protected:
  CredentialChainTest() {
    environment.set("AWS_CONFIG_FILE", folder / "config");
    environment.set("AWS_SHARED_CREDENTIALS_FILE", folder / "credentials");
    environment.set("AWS_ENDPOINT_URL_STS", tokenService.origin());
    environment.set("AWS_EC2_METADATA_DISABLED", "true");
  }
  void giveEnvironment() const {
    environment.set("AWS_ACCESS_KEY_ID", "ENV");
    environment.set("AWS_SECRET_ACCESS_KEY", "geheim");
  }
  void giveWebIdentity() {
    environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", folder.write("token", "t"));
    environment.set("AWS_ROLE_ARN", "arn:a");
    tokenService.answerBy([](const HttpReceived&) { return HttpReaction{.body = tokenServiceAnswer("WEB")}; });
  }
  void giveProfile() const {
    folder.write("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  }
  void giveContainer() {
    environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.origin());
    agent.answerBy([](const HttpReceived&) {
      return HttpReaction{.body = R"({"AccessKeyId":"BOX","SecretAccessKey":"s","Token":"t"})"};
    });
  }
  static std::string key(const ChainOptions& options = {}) {
    const auto credentials = credentialChain(options)->fetch(seconds(10));
    return credentials ? credentials->accessKey : credentials.error().message();
  }

  CleanEnvironment environment;
  TempDir folder;
  HttpServer tokenService, agent;
};

TEST_F(CredentialChainTest, TakesTheFirstSourceThatHasCredentials) {
  giveContainer();
  EXPECT_EQ(key(), "BOX");
  giveProfile();
  EXPECT_EQ(key(), "FILE");
  giveWebIdentity();
  EXPECT_EQ(key(), "WEB");
  giveEnvironment();
  EXPECT_EQ(key(), "ENV");
}

TEST_F(CredentialChainTest, OfANamedProfileTakesNothingElse) {
  giveEnvironment();
  giveContainer();
  folder.write("credentials", "[named]\naws_access_key_id=NAMED\naws_secret_access_key=s\n");
  EXPECT_EQ(key({.profile = "named"}), "NAMED");
  EXPECT_THAT(key({.profile = "other"}), HasSubstr("there is no profile 'other'"));
}

TEST_F(CredentialChainTest, StaysWithTheSourceThatItHasFound) {
  giveProfile();
  const auto chain = credentialChain({});
  EXPECT_EQ(chain->fetch(seconds(10))->accessKey, "FILE");
  giveEnvironment();
  EXPECT_EQ(chain->fetch(seconds(10))->accessKey, "FILE");
  folder.write("credentials", "[default]\naws_access_key_id=ROTATED\naws_secret_access_key=s\n");
  EXPECT_EQ(chain->fetch(seconds(10))->accessKey, "ROTATED") << "but reads its files again";
}

TEST_F(CredentialChainTest, NamesAllSourcesWhereNoneHasCredentials) {
  const auto credentials = credentialChain({})->fetch(seconds(10));
  EXPECT_EQ(credentials.error().code(), ErrorCode::NotFound);
  EXPECT_THAT(credentials.error().message(),
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE"),
                    HasSubstr((folder / "credentials").string()), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
                    HasSubstr("AWS_EC2_METADATA_DISABLED")));
}

TEST_F(CredentialChainTest, DoesNotSkipASourceThatIsConfiguredAndFails) {
  giveContainer();
  environment.set("AWS_ACCESS_KEY_ID", "ENV");
  auto credentials = credentialChain({})->fetch(seconds(10));
  EXPECT_EQ(credentials.error().code(), ErrorCode::Invalid);
  environment.set("AWS_ACCESS_KEY_ID", "");
  environment.set("AWS_WEB_IDENTITY_TOKEN_FILE", folder.write("token", "t"));
  EXPECT_THAT(key(), HasSubstr("AWS_ROLE_ARN is not"));
  environment.set("AWS_ROLE_ARN", "arn:a");
  tokenService.answerBy([](const HttpReceived&) { return HttpReaction{.status = 500}; });
  credentials = credentialChain({})->fetch(seconds(10));
  EXPECT_EQ(credentials.error().code(), ErrorCode::Unavailable);
}

TEST_F(CredentialChainTest, TakesSessionTokenAndExpiryOfTheEnvironment) {
  giveEnvironment();
  environment.set("AWS_SESSION_TOKEN", "t");
  environment.set("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z");
  const auto credentials = credentialChain({})->fetch(seconds(10));
  EXPECT_EQ(textOf(credentials), "ENV geheim t");
  EXPECT_TRUE(credentials->expires.has_value());
  environment.set("AWS_CREDENTIAL_EXPIRATION", "geheim");
  EXPECT_THAT(key(), AllOf(HasSubstr("AWS_CREDENTIAL_EXPIRATION is no time"), Not(HasSubstr("geheim"))));
}

TEST_F(CredentialChainTest, TheRegionIsThatOfTheEnvironmentOrOfTheProfile) {
  EXPECT_EQ(regionFromEnvironment(""), "");
  folder.write("config", "[default]\nregion = a\n[profile b]\nregion = b\n");
  EXPECT_EQ(regionFromEnvironment(""), "a");
  EXPECT_EQ(regionFromEnvironment("b"), "b");
  environment.set("AWS_DEFAULT_REGION", "c");
  EXPECT_EQ(regionFromEnvironment("b"), "c");
  environment.set("AWS_REGION", "d");
  EXPECT_EQ(regionFromEnvironment("b"), "d");
}

TEST_F(CredentialChainTest, TheEndpointOfTheTokenServiceIsThatOfTheRegion) {
  environment.set("AWS_ENDPOINT_URL_STS", "");
  EXPECT_EQ(securityTokenEndpoint(""), "https://sts.amazonaws.com");
  EXPECT_EQ(securityTokenEndpoint("eu-west-1"), "https://sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(securityTokenEndpoint("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
  environment.set("AWS_USE_FIPS_ENDPOINT", "true");
  EXPECT_EQ(securityTokenEndpoint("us-east-1"), "https://sts-fips.us-east-1.amazonaws.com");
  environment.set("AWS_ENDPOINT_URL", "http://localhost:4566");
  EXPECT_EQ(securityTokenEndpoint("us-east-1"), "http://localhost:4566");
}

}  // namespace
}  // namespace leptir::aws
