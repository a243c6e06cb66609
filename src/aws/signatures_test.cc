// Signatures of a table of requests, compared with those that botocore makes of the same requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "aws/aws_fixture.h"
#include "aws/security_token_service.h"
#include "leptir/json.h"
#include "tests/support/folders.h"
#include "tests/support/machine.h"
#include "tests/support/temp_dir.h"

namespace leptir::aws {
namespace {

using ::testing::HasSubstr;

struct Row {
  std::string body = "{}";
  std::string path = "/";
  std::string region = "eu-west-1";
  std::string service = "sqs";
  Credentials credentials = someCredentials();
  std::string host = "127.0.0.1";
};

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto piece = bytes.substr(at, 3);
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < piece.size() ? static_cast<unsigned char>(piece[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) text += i <= piece.size() ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::vector<Row> bodies() {
  std::string allBytes;
  for (int byte = 0; byte < 256; ++byte) allBytes += static_cast<char>(byte);
  return {{.body = ""},
          {.body = "{}"},
          {.body = " "},
          {.body = "{\"a\":\"b c+d%20&=/?#\"}"},
          {.body = "{\"a\":\"\xc4\x8d \xf0\x9f\xa6\x8b\"}"},
          {.body = "{\"a\":\"\\u010d\"}"},
          {.body = "\r\n{\n}\n"},
          {.body = allBytes},
          {.body = std::string(100'000, 'x')},
          {.body = std::string(1'048'576, 'y')},
          {.body = std::string(1'500'000, 'z')}};
}

std::vector<Row> places() {
  return {{.region = "us-east-1"},     {.region = "cn-north-1"},
          {.region = "us-gov-west-1"}, {.region = "x"},
          {.service = "sts"},          {.service = "sns"},
          {.path = "/local"},          {.path = "/local/"},
          {.path = "/a/b.c/d-e_f~g"},  {.path = "/queue/eu-west-1/000000000000/q"},
          {.host = "localhost"}};
}

std::vector<Row> keys() {
  std::vector<Row> rows;
  for (const std::string key : {"AKIDEXAMPLE", "ASIA0123456789ABCDEF", "a-b_c.d"}) {
    for (const std::string secret :
         {"plain", "with:colon", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a%2Fb=&?#@", "\xc4\x8d"})
      rows.push_back({.credentials = {.accessKey = key, .secretKey = secret}});
  }
  const std::vector<std::string> tokens = {"t", "FwoGZXIvYXdzEBYaDHqa0AP+/=", std::string(4000, 't'), "two  blanks"};
  for (const auto& token : tokens)
    rows.push_back({.credentials = {.accessKey = "AKID", .secretKey = "s", .sessionToken = token}});
  return rows;
}

class Signatures : public testing::Test {
 protected:
  void sendAll(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
      if (!isNameKnownHere(row.host)) continue;
      JsonClient client({.endpoint = server.origin(row.host) + row.path, .region = row.region, .service = row.service},
                        fixedCredentials(row.credentials));
      ASSERT_TRUE(client.perform({.target = "AmazonSQS.SendMessageBatch", .body = row.body}));
      note(row);
    }
  }
  // The request that the server has received last.
  void note(const Row& row) {
    const auto received = server.requests().back();
    requests.push_back({{"url", server.origin(row.host) + received.target},
                        {"headers", received.headers},
                        {"body", base64(received.body)},
                        {"accessKey", row.credentials.accessKey},
                        {"secretKey", row.credentials.secretKey},
                        {"region", row.region},
                        {"service", row.service}});
  }
  // The exit status of the script, and what it has printed.
  std::pair<int, std::string> check() const {
    const TempDir folder;
    const auto file = folder.write("requests.json", requests.dump());
    const auto command = (sourceFolder() / "tests/support/check_signatures.py").string() + " '" + file.string() +
                         "' > '" + (folder / "out").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), readWholeFile(folder / "out")};
  }

  CleanEnvironment environment;
  HttpServer server;
  Json requests = Json::array();
};

TEST_F(Signatures, AreThoseThatBotocoreMakes) {
  for (const auto& rows : {bodies(), places(), keys()}) sendAll(rows);
  server.willReact({{.body = tokenServiceAnswer("ROLE")}});
  environment.set("AWS_ENDPOINT_URL_STS", server.origin());
  const Row role{.service = "sts", .credentials = {.accessKey = "AK", .secretKey = "s", .sessionToken = "t/+="}};
  ASSERT_TRUE(SecurityTokenService("eu-west-1", "")
                  .assumeRole({.arn = "arn:aws:iam::1:role/a"}, role.credentials, std::chrono::seconds(20)));
  note(role);
  EXPECT_GE(requests.size(), 30u);
  const auto [status, output] = check();
  if (status == 77) GTEST_SKIP() << "python3-botocore is not installed";
  EXPECT_EQ(status, 0) << output;
}

TEST_F(Signatures, OfOtherKeysAreFoundByTheComparison) {
  sendAll({{}});
  requests[0]["secretKey"] = "other";
  const auto [status, output] = check();
  if (status == 77) GTEST_SKIP() << "python3-botocore is not installed";
  EXPECT_EQ(status, 1) << output;
  EXPECT_THAT(output, HasSubstr("1 differences"));
}

}  // namespace
}  // namespace leptir::aws
