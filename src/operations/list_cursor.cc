#include "operations/list_cursor.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/escape.h"

namespace leptir::operations {
namespace {

bool needsNoEncoding(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

std::string percentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (needsNoEncoding(c))
      encoded += c;
    else
      encoded += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return encoded;
}

template <class Number>
std::optional<Number> parseWholeText(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool isWhole = error == std::errc() && end == text.data() + text.size();
  return isWhole ? std::optional(number) : std::nullopt;
}

std::optional<std::string> percentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (needsNoEncoding(text[i])) {
      decoded += text[i];
      continue;
    }
    const auto byte = text[i] == '%' ? parseWholeText<unsigned char>(text.substr(i + 1, 2), 16) : std::nullopt;
    if (!byte || i + 2 >= text.size()) return std::nullopt;
    decoded += static_cast<char>(*byte);
    i += 2;
  }
  return decoded;
}

Error invalidCursor(std::string_view text) {
  return {ErrorCode::Invalid, "the cursor " + base::inQuotes(text) +
                                  " is none: give the one that the last page of the same list ended with"};
}

}  // namespace

std::string textOf(const ListCursor& cursor) {
  return fmt::format("{}{}.{}", cursor.kind == ListCursor::Kind::Queue ? 'q' : 'r', cursor.index,
                     percentEncoded(cursor.inner));
}

Result<ListCursor> listCursorOf(std::string_view text) {
  if (text.empty()) return ListCursor();
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || (text[0] != 'q' && text[0] != 'r')) return invalidCursor(text);
  const auto index = parseWholeText<std::size_t>(text.substr(1, dot - 1), 10);
  auto inner = percentDecoded(text.substr(dot + 1));
  if (!index || !inner) return invalidCursor(text);
  return ListCursor{.kind = text[0] == 'q' ? ListCursor::Kind::Queue : ListCursor::Kind::Records,
                    .index = *index,
                    .inner = std::move(*inner)};
}

}  // namespace leptir::operations
