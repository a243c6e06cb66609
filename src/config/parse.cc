#include "config/parse.h"

#include <algorithm>

#include "base/escape.h"
#include "base/utf8.h"

namespace leptir {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool isAllowed(std::uint32_t codePoint) {
  return codePoint == '\n' || codePoint == '\t' || codePoint == '\r' || (codePoint >= 0x20 && codePoint != 0x7f);
}

// Only the first: whoever saves a file in another encoding has one on each line.
void checkCharacters(std::string_view text, Mistakes& mistakes) {
  int line = 1;
  while (!text.empty()) {
    const auto [codePoint, bytes] = firstUtf8Character(text);
    if (bytes == 0) return mistakes.add(line, "not UTF-8: save the file in that encoding");
    if (!isAllowed(codePoint))
      return mistakes.add(line, "control character " + inQuotes(text.substr(0, 1)) + ": leave it out");
    if (codePoint == '\n') ++line;
    text.remove_prefix(bytes);
  }
}

bool looksLikeJson(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

Node parseConfigText(std::string_view text, const std::filesystem::path& file, Mistakes& mistakes) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  checkCharacters(text, mistakes);
  if (!mistakes.empty()) return {};
  const auto ending = file.extension();
  const bool isYaml = ending == ".yaml" || ending == ".yml";
  if (ending == ".json" || (!isYaml && looksLikeJson(text))) return parseJsonNodes(text, mistakes);
  return parseYaml(text, mistakes);
}

}  // namespace leptir
