// Redaction: replaces secret values in the parameters of a task before they are reported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"

namespace leptir::report {

inline constexpr std::string_view kRedacted = "[redacted]";

// Words that mark a key as secret wherever they stand in it: "password", "token", "authorization" and others of
// the kind. See docs/guide/errors.md.
const std::vector<std::string>& standardSecretWords();

class Redaction {
 public:
  // The standard words, and `more` of the user's own.
  explicit Redaction(const std::vector<std::string>& more = {});

  // Whether the key has one of the words in it. Only letters and digits are compared, in lower case: the word
  // "api_key" also matches "x-apiKey2".
  bool isSecret(std::string_view key) const;
  // Replaces the value of each secret key by kRedacted, at any depth; of a secret key, whatever the value holds.
  void apply(Json& value) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace leptir::report
