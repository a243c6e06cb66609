#include "task/json_text.h"

#include "base/utf8.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace leptir::task {
namespace {

constexpr std::array<bool, 256> kNeedsNoEscape = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\' && c != '/';
  return plain;
}();

void appendUtf16Unit(std::uint32_t unit, std::string& out) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  const char escape[] = {'\\',
                         'u',
                         kHexDigits[unit >> 12 & 15],
                         kHexDigits[unit >> 8 & 15],
                         kHexDigits[unit >> 4 & 15],
                         kHexDigits[unit & 15]};
  out.append(escape, sizeof escape);
}

void appendCodePoint(std::uint32_t value, std::string& out) {
  if (value < 0x10000) return appendUtf16Unit(value, out);
  appendUtf16Unit(0xd800 + ((value - 0x10000) >> 10), out);
  appendUtf16Unit(0xdc00 + ((value - 0x10000) & 0x3ff), out);
}

// Appends the first character of `text`, and returns its size in bytes. A byte that is not UTF-8 becomes U+FFFD.
std::size_t appendFirstCharacter(std::string_view text, std::string& out) {
  const auto [codePoint, bytes] = base::firstUtf8Character(text);
  appendCodePoint(bytes == 0 ? 0xfffd : codePoint, out);
  return bytes == 0 ? 1 : bytes;
}

void appendAscii(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return void(out.append({'\\', c}));
    case '\b':
      return void(out.append("\\b"));
    case '\f':
      return void(out.append("\\f"));
    case '\n':
      return void(out.append("\\n"));
    case '\r':
      return void(out.append("\\r"));
    case '\t':
      return void(out.append("\\t"));
    default:
      appendUtf16Unit(static_cast<unsigned char>(c), out);
  }
}

std::size_t digitsAt(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return end - from;
}

}  // namespace

void appendPhpJsonString(std::string_view text, std::string& out) {
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (kNeedsNoEscape[static_cast<unsigned char>(text[i])]) {
      ++i;
      continue;
    }
    out.append(text, done, i - done);
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      appendAscii(text[i++], out);
    } else {
      i += appendFirstCharacter(text.substr(i), out);
    }
    done = i;
  }
  out.append(text, done);
  out += '"';
}

void appendInteger(std::int64_t number, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void appendUnixSeconds(Time time, std::string& out) {
  const auto micros = time.time_since_epoch().count();
  const auto seconds = micros / 1'000'000;
  if (micros < 0 && seconds == 0) out += '-';
  appendInteger(seconds, out);
  char fraction[] = ".000000";
  for (auto [i, rest] = std::pair(6, std::abs(micros % 1'000'000)); i > 0; --i, rest /= 10)
    fraction[i] = static_cast<char>('0' + rest % 10);
  out.append(fraction, 7);
}

bool isJsonNumber(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const auto whole = digitsAt(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const auto fraction = digitsAt(text, ++at);
    if (fraction == 0) return false;
    at += fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const auto exponent = digitsAt(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace leptir::task
