#include "aws/credential_document.h"

#include "base/escape.h"
#include "base/time_parser.h"
#include "leptir/json.h"

namespace leptir::aws {
namespace {

// None: the member is missing, null or no text.
std::string text(const Json& document, const char* key) {
  const auto member = document.find(key);
  return member != document.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Error invalidDocument(const std::string& what) {
  return Error(ErrorCode::Invalid, what);
}

}  // namespace

Result<Credentials> readCredentialDocument(std::string_view document, const char* tokenKey) {
  const auto json = parseJson(document, 8);
  if (!json || !json->is_object()) return invalidDocument("the answer is no JSON object");
  const auto code = text(*json, "Code");
  if (!code.empty() && code != "Success") return invalidDocument("the answer says " + base::inQuotes(code));
  Credentials credentials{.accessKey = text(*json, "AccessKeyId"),
                          .secretKey = text(*json, "SecretAccessKey"),
                          .sessionToken = text(*json, tokenKey)};
  if (credentials.accessKey.empty()) return invalidDocument("the answer has no 'AccessKeyId'");
  if (credentials.secretKey.empty()) return invalidDocument("the answer has no 'SecretAccessKey'");
  const auto expires = text(*json, "Expiration");
  credentials.expires = base::parseRfc3339(expires);
  if (!expires.empty() && !credentials.expires)
    return invalidDocument("'Expiration' is no time: write 2026-11-30T10:15:00Z");
  return credentials;
}

}  // namespace leptir::aws
