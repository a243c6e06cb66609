#include "tests/support/sqs_signature.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Signatures of botocore.
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* kSignature = "3feefd4c6e64adb4eef14664c3a59083007bef22670139315db86a841d26aa2b";
const Time kTime(1767323045s);  // 2026-01-02T03:04:05Z

HttpReceived request(const std::string& signature = kSignature) {
  const std::string scope = "Credential=AKIDEXAMPLE/20260102/eu-west-1/sqs/aws4_request";
  return {"POST",
          "/",
          {{"host", "sqs.example.com"},
           {"content-type", "application/x-amz-json-1.0"},
           {"x-amz-target", "AmazonSQS.SendMessage"},
           {"x-amz-date", "20260102T030405Z"},
           {"authorization", "AWS4-HMAC-SHA256 " + scope +
                                 ", SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + signature}},
          R"({"QueueUrl":"u"})"};
}

std::string codeOf(const HttpReceived& request, Time now, const std::optional<SqsKeys>& keys) {
  const auto refusal = whySignatureIsRefused(request, now, keys);
  return refusal ? refusal->code : "";
}

TEST(SqsSignature, IsWhatBotocoreWorksOut) {
  EXPECT_EQ(signatureOf(request(), kSecret), kSignature);
  auto withToken = request();
  withToken.body = "{\"MessageBody\":\"\u010d\"}";
  withToken.headers["x-amz-security-token"] = "TOKEN/+=";
  withToken.headers["authorization"] =
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/cn-north-1/sqs/aws4_request, "
      "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=";
  EXPECT_EQ(signatureOf(withToken, kSecret), "83feb7b1c87c8808055fbb61fb85e1b08738fc636f7ee141fc958296b680687e");
}

TEST(SqsSignature, IsRefusedIfItIsNotThatOfTheKeys) {
  const SqsKeys keys{"AKIDEXAMPLE", kSecret};
  EXPECT_EQ(codeOf(request(), kTime, keys), "");
  EXPECT_EQ(codeOf(request("00"), kTime, keys), "InvalidSignatureException");
  EXPECT_EQ(codeOf(request(), kTime, SqsKeys{"AKIDOTHER", kSecret}), "UnrecognizedClientException");
  EXPECT_EQ(codeOf(request(), kTime, SqsKeys{"AKIDEXAMPLE", "other"}), "InvalidSignatureException");
  auto changed = request();
  changed.body = R"({"QueueUrl":"v"})";
  EXPECT_EQ(codeOf(changed, kTime, keys), "InvalidSignatureException");
}

TEST(SqsSignature, NeedsNoKeysButATimeThatIsWithinFiveMinutes) {
  EXPECT_EQ(codeOf(request("00"), kTime + 5min, {}), "");
  EXPECT_EQ(codeOf(request("00"), kTime - 5min, {}), "");
  EXPECT_EQ(codeOf(request("00"), kTime + 301s, {}), "InvalidSignatureException");
  EXPECT_EQ(codeOf(request("00"), kTime - 301s, {}), "InvalidSignatureException");
  auto withoutDate = request();
  withoutDate.headers.erase("x-amz-date");
  EXPECT_EQ(codeOf(withoutDate, kTime, {}), "InvalidSignatureException");
  auto unsignedRequest = request();
  unsignedRequest.headers.erase("authorization");
  EXPECT_EQ(codeOf(unsignedRequest, kTime, {}), "MissingAuthenticationToken");
}

}  // namespace
}  // namespace leptir
