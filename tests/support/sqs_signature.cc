#include "tests/support/sqs_signature.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <ctime>
#include <sstream>
#include <string_view>

namespace leptir {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr Duration kMaxClockSkew = std::chrono::minutes(5);

std::string hexOf(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string sha256(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

std::string header(const HttpReceived& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

// A part of the header Authorization, as `Credential`.
std::string part(const HttpReceived& request, const std::string& name) {
  const auto all = header(request, "authorization");
  const auto begin = all.find(name + "=");
  if (begin == std::string::npos) return "";
  const auto from = begin + name.size() + 1;
  return all.substr(from, all.find_first_of(", ", from) - from);
}

std::string canonicalRequest(const HttpReceived& request) {
  const auto names = part(request, "SignedHeaders");
  std::string text = request.method + "\n" + request.target + "\n\n";
  std::istringstream each(names);
  for (std::string name; std::getline(each, name, ';');) text += name + ":" + header(request, name) + "\n";
  return text + "\n" + names + "\n" + hexOf(sha256(request.body));
}

// None: the text is no such time.
std::optional<Time> timeOf(const std::string& text) {
  std::tm fields{};
  const char* const end = ::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &fields);
  if (end == nullptr || *end != '\0') return {};
  return Time(std::chrono::seconds(::timegm(&fields)));
}

SqsRefusal wrongSignature(const std::string& message) {
  return {403, "InvalidSignatureException", message};
}

}  // namespace

std::string signatureOf(const HttpReceived& request, const std::string& secretKey) {
  const auto credential = part(request, "Credential");
  const auto scope = credential.substr(credential.find('/') + 1);
  auto key = "AWS4" + secretKey;
  std::istringstream each(scope);
  for (std::string name; std::getline(each, name, '/');) key = hmac(key, name);
  const auto text = std::string(kAlgorithm) + "\n" + header(request, "x-amz-date") + "\n" + scope + "\n" +
                    hexOf(sha256(canonicalRequest(request)));
  return hexOf(hmac(key, text));
}

std::optional<SqsRefusal> whySignatureIsRefused(const HttpReceived& request, Time now,
                                                const std::optional<SqsKeys>& keys) {
  if (!header(request, "authorization").starts_with(kAlgorithm))
    return SqsRefusal{403, "MissingAuthenticationToken", "Request is missing Authentication Token"};
  const auto date = header(request, "x-amz-date");
  const auto time = timeOf(date);
  if (!time) return wrongSignature("Date must be in ISO-8601 'basic format'. Got '" + date + "'.");
  if (*time < now - kMaxClockSkew) return wrongSignature("Signature expired: " + date + " is too long ago");
  if (*time > now + kMaxClockSkew) return wrongSignature("Signature not yet current: " + date + " is still to come");
  if (!keys) return {};
  const auto credential = part(request, "Credential");
  if (credential.substr(0, credential.find('/')) != keys->access)
    return SqsRefusal{403, "UnrecognizedClientException", "The security token included in the request is invalid."};
  if (part(request, "Signature") == signatureOf(request, keys->secret)) return {};
  return wrongSignature("The request signature we calculated does not match the signature you provided.");
}

}  // namespace leptir
