#include "base/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace leptir::base {
namespace {

bool steersTerminal(std::uint32_t codePoint) {
  return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0) ||        // control characters, C1 included
         codePoint == 0x2028 || codePoint == 0x2029 ||                         // line and paragraph separators
         codePoint == 0x061c || codePoint == 0x200e || codePoint == 0x200f ||  // marks of text direction
         (codePoint >= 0x202a && codePoint <= 0x202e) ||                       // text direction
         (codePoint >= 0x2066 && codePoint <= 0x2069);
}

void appendEscapeSequence(std::string& to, std::uint32_t codePoint) {
  switch (codePoint) {
    case '\n':
      to += "\\n";
      break;
    case '\r':
      to += "\\r";
      break;
    case '\t':
      to += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(to), fmt::runtime(codePoint < 0x80 ? "\\x{:02x}" : "\\u{:04x}"), codePoint);
  }
}

bool needsNoJsonEscape(char c) {
  return isPrintableAscii(c) && c != '"' && c != '\\';
}

// Compilers turn the loop into some vector instructions, because its length is fixed and it has no early exit.
constexpr std::size_t kBlockBytes = 16;
template <class IsPlain>
bool isPlainBlock(const char* block, IsPlain isPlain) {
  unsigned char others = 0;
  for (std::size_t i = 0; i < kBlockBytes; ++i) others |= static_cast<unsigned char>(isPlain(block[i]) ? 0 : 1);
  return others == 0;
}

// How many bytes at the beginning are plain.
template <class IsPlain>
std::size_t plainBytes(std::string_view text, IsPlain isPlain) {
  std::size_t at = 0;
  while (text.size() - at >= kBlockBytes && isPlainBlock(text.data() + at, isPlain)) at += kBlockBytes;
  // The last bytes of a longer text are checked with some before them, as a whole block.
  if (at > 0 && text.size() - at < kBlockBytes && isPlainBlock(text.data() + text.size() - kBlockBytes, isPlain))
    return text.size();
  while (at < text.size() && isPlain(text[at])) ++at;
  return at;
}

void appendJsonCharacter(std::string& to, std::string_view character, std::uint32_t codePoint) {
  if (codePoint == '\n' || codePoint == '\r' || codePoint == '\t') return appendEscapeSequence(to, codePoint);
  if (steersTerminal(codePoint)) {
    fmt::format_to(std::back_inserter(to), "\\u{:04x}", codePoint);
    return;
  }
  if (codePoint == '"' || codePoint == '\\') to += '\\';
  to += character;
}

}  // namespace

void appendEscaped(std::string& to, std::string_view text) {
  const auto plain = plainBytes(text, [](char c) { return isPrintableAscii(c); });
  to += text.substr(0, plain);
  text.remove_prefix(plain);
  while (!text.empty()) {
    const auto [codePoint, bytes] = firstUtf8Character(text);
    if (bytes == 0) {
      fmt::format_to(std::back_inserter(to), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (steersTerminal(codePoint)) {
      appendEscapeSequence(to, codePoint);
    } else {
      to += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
}

std::string escaped(std::string_view text) {
  std::string to;
  appendEscaped(to, text);
  return to;
}

std::string escapedLines(std::string_view text) {
  std::string to;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    appendEscaped(to, text.substr(0, end));
    to += '\n';
    text.remove_prefix(end + 1);
  }
  appendEscaped(to, text);
  return to;
}

std::string escapedInJson(std::string_view json) {
  std::string to;
  to.reserve(json.size());
  while (!json.empty()) {
    const auto [codePoint, bytes] = firstUtf8Character(json);
    if (bytes > 0 && codePoint >= 0x7f && steersTerminal(codePoint)) {
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", codePoint);
    } else {
      to += json.substr(0, std::max<std::size_t>(bytes, 1));
    }
    json.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return to;
}

void appendJsonString(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const auto plain = plainBytes(text, [](char c) { return needsNoJsonEscape(c); });
    to += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto [codePoint, bytes] = firstUtf8Character(text);
    if (bytes == 0) {
      to += "\xef\xbf\xbd";
    } else {
      appendJsonCharacter(to, text.substr(0, bytes), codePoint);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  to += '"';
}

std::string inQuotes(std::string_view text, std::size_t maxBytes) {
  const auto shown = utf8Prefix(text, maxBytes);
  return "'" + escaped(shown) + (shown.size() < text.size() ? "…'" : "'");
}

}  // namespace leptir::base
