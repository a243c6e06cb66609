#include "instance/secret_variables.h"

#include <string.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace leptir::instance {
namespace {

constexpr std::size_t kMinSecretPartBytes = 8;
// The keys of connections whose values are secret.
constexpr std::array kSecretKeys{"password", "sqs_secret", "session_token"};

bool containsLongPart(std::string_view whole, std::string_view part) {
  return part.size() >= kMinSecretPartBytes && whole.find(part) != std::string_view::npos;
}

bool revealsPassword(std::string_view value, std::string_view password) {
  return value == password || containsLongPart(value, password) || containsLongPart(password, value);
}

}  // namespace

void wipeVariablesWith(std::string_view password) {
  if (password.empty() || environ == nullptr) return;
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !revealsPassword(text.substr(equals + 1), password)) continue;
    names.emplace_back(text.substr(0, equals));
    ::explicit_bzero(*entry + equals + 1, text.size() - equals - 1);
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
}

void wipeVariablesOf(const Json& connection) {
  for (const auto* key : kSecretKeys) {
    const auto secret = connection.find(key);
    if (secret != connection.end() && secret->is_string()) wipeVariablesWith(secret->get_ref<const std::string&>());
  }
}

}  // namespace leptir::instance
