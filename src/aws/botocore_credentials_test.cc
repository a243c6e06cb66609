// The credentials and the region that files and variables give, compared with what botocore makes of the same ones.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "aws/aws_fixture.h"
#include "aws/profiles.h"
#include "leptir/json.h"
#include "tests/support/folders.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

struct Case {
  std::string config{};
  std::string credentials{};
  std::string profile{};
  std::map<std::string, std::string> environment{};
};

std::vector<Case> casesOfFiles() {
  const std::string a = "[a]\naws_access_key_id = A\naws_secret_access_key = s\n";
  const std::string profileA = "[profile a]\naws_access_key_id = CA\naws_secret_access_key = cs\nregion = r\n";
  return {
      {},
      {.credentials = "[default]\naws_access_key_id=D\naws_secret_access_key=s/+=:x\n"},
      {.credentials = "[default]\nAWS_ACCESS_KEY_ID : D\nAws_Secret_Access_Key:  s  \n"},
      {.credentials =
           "# x\n; y\n\n[default]\n# z\naws_access_key_id = D\n\n\naws_secret_access_key = s # no comment\n"},
      {.credentials = a, .profile = "a"},
      {.credentials = a, .profile = "b"},
      {.credentials = "[profile a]\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a"},
      {.credentials = "[a b]\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a b"},
      {.config = profileA, .profile = "a"},
      {.config = profileA, .credentials = a, .profile = "a"},
      {.config = "[a]\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a"},
      {.config = "[profile 'a b']\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a b"},
      {.config = "[profile \"a\"]\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a"},
      {.config = "[profile  a]\naws_access_key_id=A\naws_secret_access_key=s\n", .profile = "a"},
      {.config = "[default]\nregion=r\ns3 =\n  region = nested\n  aws_access_key_id = N\naws_access_key_id=D\n"
                 "aws_secret_access_key=s\n"},
      {.config = "[default]\nregion = r\n", .credentials = "[default]\naws_access_key_id=D\naws_secret_access_key=s\n"},
      {.credentials = "[default]\naws_access_key_id=D\naws_secret_access_key=s\naws_session_token=t\n"},
      {.credentials = "[default]\naws_access_key_id=D\naws_secret_access_key=s\naws_security_token=old\n"},
      {.credentials = "[default]\naws_access_key_id=D\n"},
      {.credentials = "[default]\nno delimiter\n"},
      {.credentials = "[default\naws_access_key_id=D\naws_secret_access_key=s\n"},
      {.credentials = "aws_access_key_id=D\n[default]\naws_secret_access_key=s\n"}};
}

std::vector<Case> casesOfEnvironment() {
  const std::map<std::string, std::string> keys = {{"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "es"}};
  const std::string a = "[a]\naws_access_key_id = A\naws_secret_access_key = s\n";
  auto withToken = keys;
  withToken["AWS_SESSION_TOKEN"] = "et";
  auto withProfile = keys;
  withProfile["AWS_PROFILE"] = "a";
  return {{.environment = keys},
          {.environment = withToken},
          {.environment = {{"AWS_ACCESS_KEY_ID", "E"}}},
          {.credentials = a, .profile = "a", .environment = keys},
          {.credentials = a, .environment = withProfile},
          {.credentials = a, .environment = {{"AWS_PROFILE", "a"}}},
          {.credentials = a, .environment = {{"AWS_PROFILE", "b"}}},
          {.environment = {{"AWS_DEFAULT_REGION", "er"}, {"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "es"}}}};
}

std::vector<Case> casesOfPrograms() {
  const std::string document = R"({"Version":1,"AccessKeyId":"P","SecretAccessKey":"ps"})";
  const std::string program = "credential_process = echo '" + document + "'\n";
  const std::string quoted =
      "credential_process = \"/bin/echo\" {\\\"Version\\\":1,\"\\\"AccessKeyId\\\":\\\"P\\\",\""
      "'\"SecretAccessKey\":\"p s\"}'";
  return {
      {.config = "[default]\n" + program},
      {.credentials = "[default]\n" + program},
      {.config = "[default]\n" + program + "aws_access_key_id=D\naws_secret_access_key=s\n"},
      {.config = "[default]\n" + program, .credentials = "[default]\naws_access_key_id=D\naws_secret_access_key=s\n"},
      {.config = "[default]\n" + quoted + "\n"},
      {.config = "[default]\ncredential_process = false\n"},
      {.config = "[default]\ncredential_process = echo {}\n"}};
}

Json ours(const Case& each) {
  const CleanEnvironment environment;
  const TempDir folder;
  environment.set("AWS_CONFIG_FILE", folder.write("config", each.config));
  environment.set("AWS_SHARED_CREDENTIALS_FILE", folder.write("credentials", each.credentials));
  environment.set("AWS_EC2_METADATA_DISABLED", "true");
  for (const auto& [name, value] : each.environment) environment.set(name, value);
  const auto credentials = credentialChain({.profile = each.profile})->fetch(std::chrono::seconds(30));
  if (!credentials) return nullptr;
  return {credentials->accessKey, credentials->secretKey, credentials->sessionToken,
          regionFromEnvironment(each.profile)};
}

TEST(BotocoreCredentials, AreThoseThatLeptirFinds) {
  auto cases = casesOfFiles();
  for (const auto& more : {casesOfEnvironment(), casesOfPrograms()})
    cases.insert(cases.end(), more.begin(), more.end());
  auto input = Json::array();
  for (const auto& each : cases)
    input.push_back({{"config", each.config},
                     {"credentials", each.credentials},
                     {"profile", each.profile.empty() ? Json() : Json(each.profile)},
                     {"environment", each.environment}});
  const TempDir folder;
  const auto command = (sourceFolder() / "tests/support/botocore_credentials.py").string() + " '" +
                       folder.write("cases.json", input.dump()).string() + "' > '" + (folder / "out").string() + "'";
  const int status = std::system(command.c_str());
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "python3-botocore is not installed";
  ASSERT_EQ(status, 0);
  const auto theirs = parseJson(readWholeFile(folder / "out")).value();
  ASSERT_EQ(theirs.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(ours(cases[i]), theirs[i]) << input[i].dump(2);
}

}  // namespace
}  // namespace leptir::aws
