#include "config/variables.h"

#include <algorithm>
#include <cstdlib>

#include "base/escape.h"
#include "base/read_file.h"
#include "base/utf8.h"

namespace leptir::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 64 * 1024;
constexpr std::string_view kFilePrefix = "file:";

bool isVariableName(std::string_view name) {
  // By ASCII, whatever the locale.
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const auto isWord = [&](char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && !isDigit(name[0]) && std::ranges::all_of(name, isWord);
}

Result<std::string> fromEnvironment(std::string_view name) {
  if (!isVariableName(name)) {
    return Error(ErrorCode::Invalid,
                 base::inQuotes(name) +
                     " is no name of a variable: write ${NAME} or ${file:/path}, or $${ for the characters themselves");
  }
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr)
    return Error(ErrorCode::NotFound, "environment variable " + base::inQuotes(name) + " is not set");
  return std::string(value);
}

Result<std::string> fromFile(std::string_view path) {
  if (!path.starts_with('/'))
    return Error(ErrorCode::Invalid, "${file:…} needs a path that begins with /, not " + base::inQuotes(path));
  auto read = base::readFile(path, kMaxSecretBytes);
  if (!read) return Error(ErrorCode::NotFound, "${file:…}: " + base::escaped(read.error().message()));
  auto& text = read->text;
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return std::move(text);
}

Result<std::string> valueOf(std::string_view name) {
  const bool isFile = name.starts_with(kFilePrefix);
  auto value = isFile ? fromFile(name.substr(kFilePrefix.size())) : fromEnvironment(name);
  const bool isText = !value || (base::isUtf8(*value) && value->find('\0') == std::string::npos);
  if (!isText) return Error(ErrorCode::Invalid, "the value of " + base::inQuotes(name) + " is not UTF-8 text");
  return value;
}

void append(std::string& to, std::string_view value, BracesInVariables braces) {
  for (const char c : value) {
    to += c;
    if (braces == BracesInVariables::Doubled && (c == '{' || c == '}')) to += c;
  }
}

}  // namespace

Result<Expanded> expandVariables(std::string_view text, BracesInVariables braces) {
  Expanded expanded;
  while (true) {
    const auto start = text.find("${");
    expanded.text += text.substr(0, start);
    if (start == std::string_view::npos) return expanded;
    text.remove_prefix(start + 2);
    if (expanded.text.ends_with('$')) {  // `$${`
      expanded.text += '{';
      continue;
    }
    const auto end = text.find('}');
    if (end == std::string_view::npos)
      return Error(ErrorCode::Invalid, "'${' without '}': write $${ for the characters themselves");
    const auto value = valueOf(text.substr(0, end));
    if (!value) return value.error();
    append(expanded.text, *value, braces);
    expanded.hasVariableValue = true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace leptir::config
