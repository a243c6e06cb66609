#include "base/text_width.h"

#include <algorithm>

#include "base/character_width.h"
#include "base/utf8.h"

namespace leptir::base {

std::size_t textWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = firstUtf8Character(text);
    width += characterWidth(character.codePoint);
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return width;
}

std::size_t bytesWithin(std::string_view text, std::size_t width) {
  std::size_t bytes = 0, columns = 0;
  while (bytes < text.size()) {
    const auto character = firstUtf8Character(text.substr(bytes));
    columns += characterWidth(character.codePoint);
    if (columns > width) break;
    bytes += std::max<std::size_t>(character.bytes, 1);
  }
  return bytes;
}

std::string ellipsizeToWidth(std::string_view text, std::size_t width, std::string_view mark) {
  if (textWidth(text) <= width) return std::string(text);
  if (width == 0) return {};
  return std::string(text.substr(0, bytesWithin(text, width - 1))) + std::string(mark);
}

std::vector<std::string> splitAtWidth(std::string_view text, std::size_t width) {
  std::vector<std::string> pieces;
  do {
    const auto first = firstUtf8Character(text).bytes;
    const auto bytes = std::min(text.size(), std::max({bytesWithin(text, width), first, std::size_t{1}}));
    pieces.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  } while (!text.empty());
  return pieces;
}

}  // namespace leptir::base
