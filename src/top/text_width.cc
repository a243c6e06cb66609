#include "top/text_width.h"

#include <algorithm>
#include <cwchar>

#include "base/character_width.h"
#include "base/escape.h"
#include "base/text_width.h"
#include "base/utf8.h"

namespace leptir::top {
namespace {

// Joiners and variation selectors change the characters around them; terminals disagree about how many columns the
// result takes.
bool isJoinerOrVariationSelector(std::uint32_t codePoint) {
  return (codePoint >= 0x200b && codePoint <= 0x200d) || codePoint == 0x2060 || codePoint == 0xfeff ||
         (codePoint >= 0xfe00 && codePoint <= 0xfe0f);
}

// The terminal library counts columns as wcwidth does: where that differs, it would draw what follows elsewhere.
bool wcwidthAgrees(std::uint32_t codePoint) {
  return ::wcwidth(static_cast<wchar_t>(codePoint)) == static_cast<int>(base::characterWidth(codePoint));
}

}  // namespace

std::string displayable(std::string_view text, Encoding encoding) {
  const auto escaped = base::escaped(text);
  std::string shown;
  for (std::string_view rest = escaped; !rest.empty();) {
    const auto [codePoint, bytes] = base::firstUtf8Character(rest);
    const bool isShown = codePoint < 0x7f || (encoding == Encoding::Utf8 && wcwidthAgrees(codePoint));
    if (!isShown)
      shown += '?';
    else if (!isJoinerOrVariationSelector(codePoint))
      shown += rest.substr(0, bytes);
    rest.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return shown;
}

std::size_t widthOf(std::string_view text) {
  return base::textWidth(text);
}

std::string ellipsizeToWidth(std::string_view text, std::size_t width, Encoding encoding) {
  return base::ellipsizeToWidth(text, width, encoding == Encoding::Utf8 ? "…" : "~");
}

std::string fitToWidth(std::string_view text, std::size_t width, Encoding encoding, Align align) {
  auto cut = ellipsizeToWidth(text, width, encoding);
  const std::string blanks(width - std::min(widthOf(cut), width), ' ');
  return align == Align::Right ? blanks + cut : cut + blanks;
}

std::vector<std::string> wrapToWidth(std::string_view text, std::size_t width) {
  return base::splitAtWidth(text, width);
}

}  // namespace leptir::top
