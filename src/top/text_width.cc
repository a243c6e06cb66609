#include "top/text_width.h"

#include <algorithm>
#include <cwchar>

#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::top {
namespace {

// Joiners and variation selectors change the characters around them; terminals disagree about how many columns the
// result takes.
bool isJoiner(std::uint32_t codePoint) {
  return (codePoint >= 0x200b && codePoint <= 0x200d) || codePoint == 0x2060 || codePoint == 0xfeff ||
         (codePoint >= 0xfe00 && codePoint <= 0xfe0f);
}

int widthOfCharacter(std::uint32_t codePoint) {
  return codePoint < 0x7f ? 1 : ::wcwidth(static_cast<wchar_t>(codePoint));
}

// How many bytes the first `width` columns take, with the characters of no width behind them.
std::size_t bytesWithin(std::string_view text, std::size_t width) {
  std::size_t bytes = 0, columns = 0;
  while (bytes < text.size()) {
    const auto character = base::firstUtf8Character(text.substr(bytes));
    const auto own = static_cast<std::size_t>(std::max(widthOfCharacter(character.codePoint), 0));
    if (columns + own > width) break;
    columns += own;
    bytes += std::max<std::size_t>(character.bytes, 1);
  }
  return bytes;
}

}  // namespace

std::string displayable(std::string_view text, Encoding encoding) {
  const auto escaped = base::escaped(text);
  std::string shown;
  for (std::string_view rest = escaped; !rest.empty();) {
    const auto [codePoint, bytes] = base::firstUtf8Character(rest);
    const bool isShown = codePoint < 0x7f || (encoding == Encoding::Utf8 && widthOfCharacter(codePoint) >= 0);
    if (!isShown)
      shown += '?';
    else if (!isJoiner(codePoint))
      shown += rest.substr(0, bytes);
    rest.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return shown;
}

std::size_t widthOf(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = base::firstUtf8Character(text);
    width += static_cast<std::size_t>(std::max(widthOfCharacter(character.codePoint), 0));
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return width;
}

std::string cutToWidth(std::string_view text, std::size_t width, Encoding encoding) {
  if (widthOf(text) <= width) return std::string(text);
  if (width == 0) return {};
  return std::string(text.substr(0, bytesWithin(text, width - 1))) + (encoding == Encoding::Utf8 ? "…" : "~");
}

std::string fitToWidth(std::string_view text, std::size_t width, Encoding encoding, Align align) {
  auto cut = cutToWidth(text, width, encoding);
  const std::string blanks(width - std::min(widthOf(cut), width), ' ');
  return align == Align::Right ? blanks + cut : cut + blanks;
}

std::vector<std::string> wrapToWidth(std::string_view text, std::size_t width) {
  std::vector<std::string> pieces;
  do {
    // A character that is wider than the screen stands alone.
    const auto first = base::firstUtf8Character(text).bytes;
    const auto bytes = std::min(text.size(), std::max({bytesWithin(text, width), first, std::size_t{1}}));
    pieces.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  } while (!text.empty());
  return pieces;
}

}  // namespace leptir::top
