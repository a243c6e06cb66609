#include "base/utf8.h"

#include <algorithm>

namespace leptir::base {
namespace {

std::size_t sequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

constexpr std::size_t kMaxContinuations = 3;

bool isContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// True for an overlong encoding, a surrogate, or a code point above U+10FFFF.
bool isForbidden(std::uint32_t codePoint, std::size_t bytes) {
  static constexpr std::uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  return codePoint < kLowest[bytes] || (codePoint >= 0xd800 && codePoint < 0xe000) || codePoint > 0x10ffff;
}

}  // namespace

Utf8Character firstUtf8Character(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  const auto bytes = sequenceLength(lead);
  if (bytes == 0 || bytes > text.size()) return {};
  if (bytes == 1) return {lead, 1};

  std::uint32_t codePoint = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    codePoint = codePoint << 6 | (next & 0x3f);
  }
  if (isForbidden(codePoint, bytes)) return {};
  return {codePoint, bytes};
}

std::string_view utf8Prefix(std::string_view text, std::size_t maxBytes) {
  if (text.size() <= maxBytes) return text;
  for (std::size_t back = 0; back <= std::min(kMaxContinuations, maxBytes); ++back) {
    if (!isContinuation(text[maxBytes - back])) return text.substr(0, maxBytes - back);
  }
  return text.substr(0, maxBytes);
}

std::string_view utf8Suffix(std::string_view text, std::size_t maxBytes) {
  if (text.size() <= maxBytes) return text;
  const auto begin = text.size() - maxBytes;
  for (std::size_t on = 0; on <= std::min(kMaxContinuations, maxBytes); ++on) {
    if (begin + on == text.size() || !isContinuation(text[begin + on])) return text.substr(begin + on);
  }
  return text.substr(begin);
}

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const auto bytes = firstUtf8Character(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace leptir::base
