#include "aws/query_answer.h"

#include <array>
#include <utility>

#include "aws/service_error.h"
#include "base/escape.h"
#include "base/time_parser.h"
#include "base/utf8.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxTextBytes = 500;
constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};

std::string withoutEntities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text[0];
    for (const auto& [entity, meaning] : kEntities) {
      if (!text.starts_with(entity)) continue;
      c = meaning;
      taken = entity.size();
      break;
    }
    plain += c;
    text.remove_prefix(taken);
  }
  return plain;
}

Error refusal(const http::HttpAnswer& answer) {
  const auto code = xmlText(answer.body, "Code");
  const auto message = xmlText(answer.body, "Message");
  const bool isFinal = treatmentOf(answer.status, code) == Treatment::Final && code != "IDPCommunicationError" &&
                       code != "IDPCommunicationErrorException";
  auto text = "answered " + std::to_string(answer.status);
  if (!code.empty()) text += " " + base::escaped(base::utf8Prefix(code, kMaxTextBytes));
  const bool quotesSignedText = mayMeanClockSkew(code);
  if (!message.empty() && !quotesSignedText) text += ": " + base::escaped(base::utf8Prefix(message, kMaxTextBytes));
  return Error(isFinal ? ErrorCode::Invalid : ErrorCode::Unavailable, std::move(text));
}

}  // namespace

std::string xmlText(std::string_view document, std::string_view element) {
  const auto opening = "<" + std::string(element) + ">";
  const auto begin = document.find(opening);
  if (begin == std::string_view::npos) return {};
  const auto text = document.substr(begin + opening.size());
  return withoutEntities(text.substr(0, text.find('<')));
}

Result<Credentials> readQueryCredentials(const http::HttpAnswer& answer) {
  if (!answer.isSuccess()) return refusal(answer);
  Credentials credentials{.accessKey = xmlText(answer.body, "AccessKeyId"),
                          .secretKey = xmlText(answer.body, "SecretAccessKey"),
                          .sessionToken = xmlText(answer.body, "SessionToken"),
                          .expires = base::parseRfc3339(xmlText(answer.body, "Expiration"))};
  const bool isComplete = !credentials.accessKey.empty() && !credentials.secretKey.empty() && credentials.expires;
  if (!isComplete) return Error(ErrorCode::Invalid, "the answer has no credentials");
  return credentials;
}

}  // namespace leptir::aws
