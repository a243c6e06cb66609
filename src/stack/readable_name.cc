#include "stack/readable_name.h"

#include <string_view>

namespace leptir::stack {
namespace {

constexpr std::string_view kJson = "basic_json<", kNamespaceOfJson = "nlohmann::";
constexpr std::string_view kString = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";

// The position after the `>` that closes the `<` before `from`; npos: it is not closed.
std::size_t endOfArguments(std::string_view text, std::size_t from) {
  int depth = 1;
  for (auto i = from; i < text.size(); ++i) {
    if (text[i] == '<') ++depth;
    if (text[i] == '>' && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

// The template is in a namespace whose name contains the version of the library.
bool replaceJson(std::string& text) {
  const auto name = text.find(kJson);
  const auto begin = text.rfind(kNamespaceOfJson, name);
  if (name == std::string::npos || begin == std::string::npos) return false;
  const auto end = endOfArguments(text, name + kJson.size());
  if (end == std::string_view::npos) return false;
  text.replace(begin, end - begin, "leptir::Json");
  return true;
}

}  // namespace

std::string readableName(std::string demangled) {
  while (replaceJson(demangled)) continue;
  for (auto at = demangled.find(kString); at != std::string::npos; at = demangled.find(kString, at)) {
    demangled.replace(at, kString.size(), "std::string");
  }
  return demangled;
}

}  // namespace leptir::stack
