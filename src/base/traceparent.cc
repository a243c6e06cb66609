#include "base/traceparent.h"

#include <algorithm>
#include <span>

#include "base/escape.h"
#include "base/hex_bytes.h"

namespace leptir::base {
namespace {

// Version, trace, span, flags: where each begins, and how many digits it has.
constexpr std::size_t kTraceBegins = 3, kSpanBegins = 36, kFlagsBegin = 53, kTraceparentBytes = 55;
constexpr std::uint8_t kSampledFlag = 1;

// nullopt: the text has a character that is not a hexadecimal digit in lower case.
std::optional<std::uint8_t> byteAt(std::string_view text, std::size_t at) {
  const auto high = kHexDigits.find(text[at]), low = kHexDigits.find(text[at + 1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(high * 16 + low);
}

// False: the digits are wrong, or all zero.
bool readId(std::string_view text, std::size_t begin, std::span<std::uint8_t> id) {
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto byte = byteAt(text, begin + 2 * i);
    if (!byte) return false;
    id[i] = *byte;
  }
  return std::ranges::any_of(id, [](std::uint8_t byte) { return byte != 0; });
}

void writeId(std::span<const std::uint8_t> id, char* to) {
  for (const auto byte : id) {
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
}

}  // namespace

std::optional<Traceparent> Traceparent::parse(std::string_view text) {
  if (text.size() < kTraceparentBytes || text[2] != '-' || text[kSpanBegins - 1] != '-' || text[kFlagsBegin - 1] != '-')
    return std::nullopt;
  const auto version = byteAt(text, 0), flags = byteAt(text, kFlagsBegin);
  if (!version || !flags || *version == 0xff) return std::nullopt;
  if (text.size() > kTraceparentBytes && (*version == 0 || text[kTraceparentBytes] != '-')) return std::nullopt;
  Traceparent parsed{.sampled = (*flags & kSampledFlag) != 0};
  if (!readId(text, kTraceBegins, parsed.trace) || !readId(text, kSpanBegins, parsed.span)) return std::nullopt;
  return parsed;
}

std::string Traceparent::text() const {
  std::string text = "00-                                -                -00";
  writeId(trace, text.data() + kTraceBegins);
  writeId(span, text.data() + kSpanBegins);
  if (sampled) text.back() = '1';
  return text;
}

std::string invalidTraceparentMessage(std::string_view text) {
  return inQuotes(text) +
         " is no traceparent: give one as W3C Trace Context writes it, such as "
         "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
}

}  // namespace leptir::base
