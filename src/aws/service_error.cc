#include "aws/service_error.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "base/utf8.h"
#include "http/ascii.h"
#include "leptir/json.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxMessageBytes = 500, kMaxCodeBytes = 100;

constexpr std::array<std::string_view, 15> kThrottlingCodes = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "PriorRequestNotComplete",
    "SlowDown",
    "EC2ThrottledException",
    "KmsThrottled",
    "KMS.ThrottlingException",
};
constexpr std::array<std::string_view, 3> kSkewCodes = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"};
constexpr std::array<std::string_view, 3> kMaybeSkewCodes = {"InvalidSignatureException", "SignatureDoesNotMatch",
                                                             "AuthFailure"};
constexpr std::array<std::string_view, 7> kCredentialCodes = {
    "ExpiredToken",       "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "InvalidAccessKeyId", "InvalidToken",          "TokenRefreshRequired"};

bool isOneOf(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// com.amazonaws.sqs#QueueDoesNotExist, and QueueDoesNotExist:http://internal.amazon.com/….
std::string_view lastPart(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const auto hash = code.rfind('#');
  return hash == std::string_view::npos ? code : code.substr(hash + 1);
}

std::string textMember(const Json& object, std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    const auto member = object.find(name);
    if (member != object.end() && member->is_string()) return member->get<std::string>();
  }
  return {};
}

// The service quotes what it has signed, session tokens included, behind the first line of these messages.
std::string_view withoutSignedText(std::string_view message) {
  const auto end = std::min(message.find('\n'), message.find("The Canonical String"));
  return http::trimmed(message.substr(0, end));
}

std::string escapedExcerpt(std::string_view message) {
  const auto shortened = base::utf8Prefix(message, kMaxMessageBytes);
  return base::escaped(shortened) + (shortened.size() < message.size() ? "…" : "");
}

// The error for an answer of a proxy or gateway on the way: a page of HTML, or nothing.
ServiceError errorWithoutCode(int status) {
  const bool isRedirect = status >= 300 && status < 400;
  return {.code = "HttpStatus" + std::to_string(status),
          .message = isRedirect ? "the server redirects to another address: name that one in the configuration"
                                : "the answer is none of the service: is this its endpoint, or does a proxy answer?",
          .treatment = treatmentOf(status, {})};
}

}  // namespace

Treatment treatmentOf(int status, std::string_view code) {
  if (status == 429 || isOneOf(kThrottlingCodes, code)) return Treatment::Throttled;
  if (isOneOf(kSkewCodes, code)) return Treatment::ClockSkew;
  if (isOneOf(kCredentialCodes, code)) return Treatment::Credentials;
  if (status == 503) return Treatment::Refused;
  if (status == 408 || status >= 500) return Treatment::UnknownOutcome;
  return Treatment::Final;
}

bool mayMeanClockSkew(std::string_view code) {
  return isOneOf(kSkewCodes, code) || isOneOf(kMaybeSkewCodes, code);
}

ServiceError readServiceError(const http::HttpAnswer& answer) {
  const auto document = parseJson(answer.body, 8);
  const auto object = document && document->is_object() ? *document : Json::object();
  auto code = textMember(object, {"__type", "code", "Code"});
  if (const auto header = answer.headers.find("x-amzn-errortype"); code.empty() && header != answer.headers.end())
    code = header->second;
  const auto name = http::trimmed(lastPart(code)).substr(0, kMaxCodeBytes);
  if (name.empty()) return errorWithoutCode(answer.status);
  const auto message = textMember(object, {"message", "Message"});
  return {.code = base::escaped(name),
          .message = escapedExcerpt(mayMeanClockSkew(name) ? withoutSignedText(message) : std::string_view(message)),
          .treatment = treatmentOf(answer.status, name)};
}

}  // namespace leptir::aws
