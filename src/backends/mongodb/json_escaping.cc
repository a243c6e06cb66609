#include "backends/mongodb/json_escaping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace leptir::mongodb {
namespace {

constexpr std::array kAsciiEscapings{escaping::kUnescapedSlashes};
constexpr std::array kUtf8Escapings{escaping::kUnescapedUtf8, escaping::kUnescapedSlashesAndUtf8};
constexpr std::size_t kEscapeBytes = 6;  // \uxxxx

bool isAscii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// The number in the `\uxxxx` that begins at `at`; 0: there is none.
std::uint32_t utf16Unit(std::string_view json, std::size_t at) {
  std::uint32_t unit = 0;
  if (at + kEscapeBytes > json.size() || json.compare(at, 2, "\\u") != 0) return 0;
  std::from_chars(json.data() + at + 2, json.data() + at + kEscapeBytes, unit, 16);
  return unit;
}

void appendUtf8(std::uint32_t codePoint, std::string& text) {
  const auto appendBits = [&](std::uint32_t mark, int shift) { text += static_cast<char>(mark | codePoint >> shift); };
  const auto appendRest = [&](int shift) { text += static_cast<char>(0x80 | (codePoint >> shift & 0x3f)); };
  if (codePoint < 0x800) {
    appendBits(0xc0, 6);
  } else if (codePoint < 0x10000) {
    appendBits(0xe0, 12);
    appendRest(6);
  } else {
    appendBits(0xf0, 18);
    appendRest(12);
    appendRest(6);
  }
  appendRest(0);
}

// Appends the character of the `\uxxxx` at `at`, or of the two of a surrogate pair; returns how many bytes of `json` it
// takes. 0: it is an ASCII character, or half of a pair, which stays escaped.
std::size_t appendUnescapedCharacter(std::string_view json, std::size_t at, std::string& text) {
  const auto first = utf16Unit(json, at);
  if (first < 0x80) return 0;
  if (first < 0xd800 || first > 0xdfff) {
    appendUtf8(first, text);
    return kEscapeBytes;
  }
  const auto second = utf16Unit(json, at + kEscapeBytes);
  if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) return 0;
  appendUtf8(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), text);
  return 2 * kEscapeBytes;
}

}  // namespace

bool isEscaping(std::string_view text) {
  return text == escaping::kUnescapedSlashes || std::ranges::find(kUtf8Escapings, text) != kUtf8Escapings.end();
}

std::span<const std::string_view> possibleEscapings(std::string_view json) {
  if (std::ranges::all_of(json, isAscii)) return kAsciiEscapings;
  return kUtf8Escapings;
}

std::string withEscaping(std::string_view json, std::string_view escaping) {
  const bool hasUnescapedSlashes = escaping.find('/') != std::string_view::npos;
  const bool hasUnescapedUtf8 = escaping.find('u') != std::string_view::npos;
  std::string text;
  text.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\' || i + 1 == json.size()) {
      text += json[i];
      continue;
    }
    const std::size_t taken = hasUnescapedUtf8 && json[i + 1] == 'u' ? appendUnescapedCharacter(json, i, text) : 0;
    if (taken > 0) {
      i += taken - 1;
      continue;
    }
    if (json[i + 1] != '/' || !hasUnescapedSlashes) text += '\\';
    text += json[++i];
  }
  return text;
}

}  // namespace leptir::mongodb
