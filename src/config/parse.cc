#include "config/parse.h"

#include <algorithm>

#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool isAllowed(std::uint32_t codePoint) {
  return codePoint == '\n' || codePoint == '\t' || codePoint == '\r' || (codePoint >= 0x20 && codePoint != 0x7f);
}

// Adds only the first error: a file that was saved in another encoding has one on each line.
void checkCharacters(std::string_view text, ConfigErrors& errors) {
  int line = 1;
  while (!text.empty()) {
    const auto [codePoint, bytes] = base::firstUtf8Character(text);
    if (bytes == 0) return errors.add(line, "not UTF-8: save the file in that encoding");
    if (!isAllowed(codePoint))
      return errors.add(line, "control character " + base::inQuotes(text.substr(0, 1)) + ": leave it out");
    if (codePoint == '\n') ++line;
    text.remove_prefix(bytes);
  }
}

bool looksLikeJson(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

Node parseConfigText(std::string_view text, const std::filesystem::path& file, ConfigErrors& errors) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  checkCharacters(text, errors);
  if (!errors.empty()) return {};
  const auto ending = file.extension();
  const bool isYaml = ending == ".yaml" || ending == ".yml";
  if (ending == ".json" || (!isYaml && looksLikeJson(text))) return parseJsonNodes(text, errors);
  return parseYaml(text, errors);
}

}  // namespace leptir::config
