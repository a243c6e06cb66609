#include "aws/service_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leptir/json.h"

namespace leptir::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ServiceError errorOf(int status, const std::string& body, std::map<std::string, std::string> headers = {}) {
  return readServiceError({.status = status, .headers = std::move(headers), .body = body});
}

TEST(ServiceError, HasTheLastPartOfTheCode) {
  EXPECT_EQ(errorOf(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x"})").code,
            "QueueDoesNotExist");
  EXPECT_EQ(errorOf(400, R"({"__type":"QueueDoesNotExist:http://internal.amazon.com/coral/"})").code,
            "QueueDoesNotExist");
  EXPECT_EQ(errorOf(400, "{}", {{"x-amzn-errortype", "OverLimit:http://internal/"}}).code, "OverLimit");
  EXPECT_EQ(errorOf(400, R"({"code":"a#B","Message":"why"})").message, "why");
}

TEST(ServiceError, OfAnAnswerThatIsNotTheServicesIsItsStatus) {
  for (const std::string body : {"", "<html>Bad Gateway</html>", "[1]", R"({"__type":7})", R"({"__type":"com#"})"})
    EXPECT_EQ(errorOf(502, body).code, "HttpStatus502") << body;
  EXPECT_THAT(errorOf(301, "").message, HasSubstr("redirects"));
}

TEST(ServiceError, ShowsNothingOfTheSignedRequest) {
  const Json answer{{"__type", "SignatureDoesNotMatch"},
                    {"message",
                     "The signature does not match.\n\nThe Canonical String for this request should have been"
                     "\n'POST\n/\n\nx-amz-security-token:geheim"}};
  EXPECT_EQ(errorOf(403, answer.dump()).message, "The signature does not match.");
  EXPECT_EQ(
      errorOf(403, R"({"__type":"InvalidSignatureException","message":"No. The Canonical String: geheim"})").message,
      "No.");
}

TEST(ServiceError, IsOneShortLine) {
  const Json answer{{"__type", "X"}, {"message", "a\n\x1b[1m" + std::string(1000, 'x')}};
  const auto message = errorOf(400, answer.dump()).message;
  EXPECT_THAT(message, HasSubstr("a\\n\\x1b[1m"));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_LT(message.size(), 520u);
}

// What B10 of docs/design.md needs: which refusals the client waits for.
TEST(ServiceError, IsTreatedByItsStatusAndCode) {
  struct Row {
    int status;
    const char* code;
    Treatment treatment;
  };
  for (const auto& row : {Row{400, "ThrottlingException", Treatment::Throttled},
                          Row{403, "RequestThrottled", Treatment::Throttled},
                          Row{503, "SlowDown", Treatment::Throttled},
                          Row{429, "", Treatment::Throttled},
                          Row{503, "ServiceUnavailable", Treatment::Refused},
                          Row{503, "", Treatment::Refused},
                          Row{500, "InternalFailure", Treatment::UnknownOutcome},
                          Row{500, "", Treatment::UnknownOutcome},
                          Row{502, "", Treatment::UnknownOutcome},
                          Row{504, "", Treatment::UnknownOutcome},
                          Row{408, "RequestTimeout", Treatment::UnknownOutcome},
                          Row{403, "RequestTimeTooSkewed", Treatment::ClockSkew},
                          Row{400, "RequestExpired", Treatment::ClockSkew},
                          Row{403, "ExpiredToken", Treatment::Credentials},
                          Row{403, "ExpiredTokenException", Treatment::Credentials},
                          Row{403, "InvalidClientTokenId", Treatment::Credentials},
                          Row{400, "UnrecognizedClientException", Treatment::Credentials},
                          Row{403, "InvalidSignatureException", Treatment::Final},
                          Row{403, "AccessDenied", Treatment::Final},
                          Row{400, "QueueDoesNotExist", Treatment::Final},
                          Row{400, "OverLimit", Treatment::Final},
                          Row{400, "ReceiptHandleIsInvalid", Treatment::Final},
                          Row{301, "", Treatment::Final},
                          Row{404, "", Treatment::Final}})
    EXPECT_EQ(treatmentOf(row.status, row.code), row.treatment) << row.status << " " << row.code;
  EXPECT_TRUE(mayMeanClockSkew("InvalidSignatureException"));
  EXPECT_FALSE(mayMeanClockSkew("AccessDenied"));
}

}  // namespace
}  // namespace leptir::aws
