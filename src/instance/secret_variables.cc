#include "instance/secret_variables.h"

#include <string.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace leptir::instance {
namespace {

constexpr std::size_t kShortestPartBytes = 8;

bool containsLongPart(std::string_view whole, std::string_view part) {
  return part.size() >= kShortestPartBytes && whole.find(part) != std::string_view::npos;
}

bool isSecret(std::string_view value, std::string_view password) {
  return value == password || containsLongPart(value, password) || containsLongPart(password, value);
}

}  // namespace

void wipeVariablesWith(std::string_view password) {
  if (password.empty() || environ == nullptr) return;
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !isSecret(text.substr(equals + 1), password)) continue;
    names.emplace_back(text.substr(0, equals));
    ::explicit_bzero(*entry + equals + 1, text.size() - equals - 1);
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
}

void wipeVariablesOf(const Json& connection) {
  const auto password = connection.find("password");
  if (password != connection.end() && password->is_string()) wipeVariablesWith(password->get_ref<const std::string&>());
}

}  // namespace leptir::instance
