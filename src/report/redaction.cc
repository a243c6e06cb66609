#include "report/redaction.h"

#include <algorithm>

namespace leptir::report {
namespace {

// The letters and digits of a key in lower case. Bytes beyond ASCII are kept: a word may be of any language.
std::string normalizedKey(std::string_view key) {
  std::string letters;
  for (const char c : key) {
    const bool isUpper = c >= 'A' && c <= 'Z';
    const bool isKept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (isUpper) letters += static_cast<char>(c - 'A' + 'a');
    if (isKept) letters += c;
  }
  return letters;
}

}  // namespace

const std::vector<std::string>& standardSecretWords() {
  static const std::vector<std::string> words{
      "password", "passwd", "passphrase", "pwd",        "secret",     "token",  "authorization", "credential",
      "cookie",   "apikey", "accesskey",  "privatekey", "sessionkey", "cardno", "cardnumber",    "cvv"};
  return words;
}

Redaction::Redaction(const std::vector<std::string>& more) : words_(standardSecretWords()) {
  for (const auto& word : more) words_.push_back(normalizedKey(word));
  std::erase(words_, "");  // of a word without letters and digits: it would match every key
}

bool Redaction::isSecret(std::string_view key) const {
  const auto letters = normalizedKey(key);
  return std::ranges::any_of(words_, [&](const auto& word) { return letters.find(word) != std::string::npos; });
}

void Redaction::apply(Json& value) const {
  if (value.is_array()) {
    for (auto& item : value) apply(item);
  }
  if (!value.is_object()) return;
  for (auto& [key, member] : value.items()) {
    if (isSecret(key)) {
      member = kRedacted;
    } else {
      apply(member);
    }
  }
}

}  // namespace leptir::report
