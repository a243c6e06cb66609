#include "aws/profile_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_fixture.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ProfileCredentialsTest : public testing::Test {
 protected:
  ProfileCredentialsTest() {
    environment.set("AWS_CONFIG_FILE", folder / "config");
    environment.set("AWS_SHARED_CREDENTIALS_FILE", folder / "credentials");
    environment.set("AWS_ENDPOINT_URL_STS", service.origin());
  }
  void config(const std::string& text) const { folder.write("config", text); }
  void credentials(const std::string& text) const { folder.write("credentials", text); }
  static Result<Credentials> fetch(const std::string& profile = "") {
    return profileCredentials(profile, "eu-west-1", "")->fetch(std::chrono::seconds(10));
  }

  CleanEnvironment environment;
  TempDir folder;
  HttpServer service;
};

TEST_F(ProfileCredentialsTest, AreKeysOfTheDefaultProfile) {
  credentials("[default]\naws_access_key_id = AK\naws_secret_access_key = geheim/=\naws_session_token = T\n");
  EXPECT_EQ(textOf(fetch()), "AK geheim/= T");
}

TEST_F(ProfileCredentialsTest, TheProfileIsTheGivenOneOrThatOfTheEnvironment) {
  credentials(
      "[a]\naws_access_key_id=A\naws_secret_access_key=s\n[b c]\naws_access_key_id=B\naws_secret_access_key=s\n");
  EXPECT_EQ(textOf(fetch("a")), "A s ");
  environment.set("AWS_PROFILE", "b c");
  EXPECT_EQ(textOf(fetch()), "B s ");
  EXPECT_EQ(textOf(fetch("a")), "A s ");
}

TEST_F(ProfileCredentialsTest, OfTheConfigFileStandBehindTheWordProfileAndCountLess) {
  config(
      "[default]\naws_access_key_id=D\naws_secret_access_key=s\n[profile \"b c\"]\naws_access_key_id=B\n"
      "aws_secret_access_key=s\n[e]\naws_access_key_id=E\naws_secret_access_key=s\n");
  EXPECT_EQ(textOf(fetch()), "D s ");
  EXPECT_EQ(textOf(fetch("b c")), "B s ");
  EXPECT_THAT(textOf(fetch("e")), HasSubstr("there is no profile 'e' in"));
  credentials("[default]\naws_access_key_id=C\naws_secret_access_key=s2\n");
  EXPECT_EQ(textOf(fetch()), "C s2 ");
}

TEST_F(ProfileCredentialsTest, AreNotFoundWhereNoProfileWasNamed) {
  EXPECT_EQ(fetch().error().code(), ErrorCode::NotFound);
  config("[default]\nregion = eu-west-1\n");
  EXPECT_EQ(fetch().error().code(), ErrorCode::NotFound);
  environment.set("AWS_PROFILE", "missing");
  EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid);
}

TEST_F(ProfileCredentialsTest, WithHalfAKeyPairAreInvalid) {
  credentials("[default]\naws_access_key_id=A\n");
  EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid);
  EXPECT_THAT(textOf(fetch()), HasSubstr("'aws_secret_access_key' is not"));
}

TEST_F(ProfileCredentialsTest, OfABrokenFileAreInvalidAndItsLineIsNamed) {
  credentials("[default]\ngeheim\n");
  EXPECT_EQ(fetch().error().code(), ErrorCode::Invalid);
  EXPECT_THAT(textOf(fetch()), AllOf(HasSubstr("credentials: line 2"), Not(HasSubstr("geheim"))));
}

TEST_F(ProfileCredentialsTest, AssumeARoleWithTheKeysOfAnotherProfile) {
  config(
      "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\nexternal_id = e/1\n"
      "duration_seconds = 900\nrole_session_name = me\nregion = eu-north-1\n");
  credentials("[base]\naws_access_key_id=BASE\naws_secret_access_key=s\naws_session_token=T\n");
  service.willReact({{.body = tokenServiceAnswer("ROLE")}});
  const auto fetched = fetch("role");
  EXPECT_EQ(textOf(fetched), "ROLE s/ROLE t&ROLE");
  EXPECT_EQ(fetched->expires, Time(std::chrono::sys_days(std::chrono::year(2099) / 1 / 1)));
  const auto request = service.requests().at(0);
  EXPECT_EQ(request.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=me"
            "&ExternalId=e%2F1&DurationSeconds=900");
  EXPECT_THAT(request.headers.at("authorization"),
              AllOf(StartsWith("AWS4-HMAC-SHA256 Credential=BASE/"), HasSubstr("/eu-north-1/sts/aws4_request")));
  EXPECT_EQ(request.headers.at("x-amz-security-token"), "T");
}

TEST_F(ProfileCredentialsTest, AssumeRolesOneAfterTheOther) {
  config("[profile a]\nrole_arn=arn:a\nsource_profile=b\n[profile b]\nrole_arn=arn:b\nsource_profile=c\n");
  credentials("[c]\naws_access_key_id=C\naws_secret_access_key=s\n");
  service.willReact({{.body = tokenServiceAnswer("OFB")}, {.body = tokenServiceAnswer("OFA")}});
  EXPECT_EQ(textOf(fetch("a")), "OFA s/OFA t&OFA");
  EXPECT_THAT(service.requests().at(1).headers.at("authorization"), HasSubstr("Credential=OFB/"));
  EXPECT_THAT(service.requests().at(1).body, HasSubstr("RoleArn=arn%3Aa&RoleSessionName=leptir-"));
}

TEST_F(ProfileCredentialsTest, AProfileWithKeysMayBeItsOwnSource) {
  credentials("[a]\nrole_arn=arn:a\nsource_profile=a\naws_access_key_id=A\naws_secret_access_key=s\n");
  service.willReact({{.body = tokenServiceAnswer("ROLE")}});
  EXPECT_EQ(textOf(fetch("a")), "ROLE s/ROLE t&ROLE");
}

TEST_F(ProfileCredentialsTest, RolesThatCannotWorkAreInvalid) {
  config(R"([profile loop]
role_arn = arn:a
source_profile = loop2
[profile loop2]
role_arn = arn:b
source_profile = loop
[profile missing]
role_arn = arn:a
source_profile = none
[profile both]
role_arn = arn:a
source_profile = loop
credential_source = Environment
[profile neither]
role_arn = arn:a
[profile source]
role_arn = arn:a
credential_source = Ec2
[profile empty]
role_arn = arn:a
credential_source = Environment
[profile mfa]
role_arn = arn:a
mfa_serial = arn:m
source_profile = loop
[profile sso]
sso_session = x
[profile withoutkeys]
role_arn = arn:a
source_profile = plain
[profile plain]
region = x
)");
  for (const auto& [profile, words] : {std::pair{"loop", "has no end"},
                                       {"missing", "'source_profile' names 'none', which does not exist"},
                                       {"both", "either 'source_profile' or 'credential_source'"},
                                       {"neither", "either 'source_profile' or 'credential_source'"},
                                       {"source", "not 'Ec2'"},
                                       {"empty", "AWS_ACCESS_KEY_ID is not set"},
                                       {"mfa", "types a code"},
                                       {"sso", "credential_process"},
                                       {"withoutkeys", "profile 'plain': has no credentials"}}) {
    const auto fetched = fetch(profile);
    ASSERT_FALSE(fetched) << profile;
    EXPECT_EQ(fetched.error().code(), ErrorCode::Invalid) << profile;
    EXPECT_THAT(fetched.error().message(), AllOf(HasSubstr(words), StartsWith("profile '" + std::string(profile))));
  }
  EXPECT_EQ(service.connections(), 0);
}

TEST_F(ProfileCredentialsTest, AssumeARoleWithTheKeysOfTheEnvironment) {
  config("[profile a]\nrole_arn=arn:a\ncredential_source=Environment\n");
  environment.set("AWS_ACCESS_KEY_ID", "ENV");
  environment.set("AWS_SECRET_ACCESS_KEY", "s");
  service.willReact({{.body = tokenServiceAnswer("ROLE")}});
  EXPECT_EQ(textOf(fetch("a")), "ROLE s/ROLE t&ROLE");
}

TEST_F(ProfileCredentialsTest, AssumeARoleWithATokenInAFile) {
  config("[profile a]\nrole_arn=arn:a\nweb_identity_token_file=" + (folder / "token").string() + "\n");
  EXPECT_EQ(fetch("a").error().code(), ErrorCode::Unavailable) << "the file may be one that is just being replaced";
  folder.write("token", "geheimToken\n");
  service.willReact({{.body = tokenServiceAnswer("WEB")}});
  EXPECT_EQ(textOf(fetch("a")), "WEB s/WEB t&WEB");
  const auto request = service.requests().at(0);
  EXPECT_THAT(request.body,
              AllOf(HasSubstr("Action=AssumeRoleWithWebIdentity"), HasSubstr("WebIdentityToken=geheimToken")));
  EXPECT_FALSE(request.headers.contains("authorization"));
}

TEST_F(ProfileCredentialsTest, ARefusalOfTheServiceIsQuotedAndSaysWhetherToWait) {
  credentials("[a]\nrole_arn=arn:a\nsource_profile=a\naws_access_key_id=A\naws_secret_access_key=geheim\n");
  const auto errorOf = [&](int status, const std::string& code) {
    service.willReact({{.status = status,
                        .body = "<ErrorResponse><Error><Code>" + code +
                                "</Code><Message>because &lt;1&gt;</Message></Error></ErrorResponse>"}});
    return fetch("a").error();
  };
  EXPECT_EQ(errorOf(403, "AccessDenied").code(), ErrorCode::Invalid);
  EXPECT_THAT(errorOf(403, "AccessDenied").message(), HasSubstr("answered 403 AccessDenied: because <1>"));
  EXPECT_EQ(errorOf(403, "ExpiredToken").code(), ErrorCode::Unavailable);
  EXPECT_EQ(errorOf(400, "Throttling").code(), ErrorCode::Unavailable);
  EXPECT_EQ(errorOf(400, "IDPCommunicationError").code(), ErrorCode::Unavailable);
  EXPECT_EQ(errorOf(500, "InternalFailure").code(), ErrorCode::Unavailable);
  service.willReact({{.body = "<html/>"}});
  EXPECT_THAT(textOf(fetch("a")), AllOf(HasSubstr("no credentials"), Not(HasSubstr("geheim"))));
}

TEST_F(ProfileCredentialsTest, TheServicesTimeIsTakenWhereItRefusesOurs) {
  credentials("[a]\nrole_arn=arn:a\nsource_profile=a\naws_access_key_id=A\naws_secret_access_key=s\n");
  service.willReact({{.status = 403,
                      .headers = {"Date: Thu, 01 Jan 2099 10:20:30 GMT"},
                      .body = "<Error><Code>SignatureDoesNotMatch</Code></Error>"},
                     {.body = tokenServiceAnswer("ROLE")}});
  EXPECT_EQ(textOf(fetch("a")), "ROLE s/ROLE t&ROLE");
  EXPECT_THAT(service.requests().at(1).headers.at("x-amz-date"), StartsWith("20990101T102"));
}

TEST_F(ProfileCredentialsTest, KeysOfTheCredentialsFileComeBeforeAProgramAndThoseOfTheConfigFileAfterIt) {
  const std::string program = R"(credential_process = echo '{"Version":1,"AccessKeyId":"P","SecretAccessKey":"s"}')";
  config("[profile a]\n" + program + "\naws_access_key_id=C\naws_secret_access_key=s\n[profile b]\n" + program + "\n");
  credentials("[b]\naws_access_key_id=B\naws_secret_access_key=s\n");
  EXPECT_EQ(textOf(fetch("a")), "P s ");
  EXPECT_EQ(textOf(fetch("b")), "B s ");
}

}  // namespace
}  // namespace leptir::aws
