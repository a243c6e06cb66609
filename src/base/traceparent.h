// Traceparent: a span of a distributed trace, as the header `traceparent` of W3C Trace Context names it:
// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leptir::base {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

struct Traceparent {
  TraceId trace{};       // not all zero
  SpanId span{};         // not all zero
  bool sampled = false;  // spans of this trace are to be kept

  // nullopt: the text breaks a rule of the specification: hexadecimal digits in lower case, no id that is all zero,
  // version 00 with nothing behind the flags. A later version is read as the specification demands: the fields of
  // version 00 count, and what follows them behind a hyphen does not.
  static std::optional<Traceparent> parse(std::string_view text);
  // Writes the traceparent in version 00, with no flag but `sampled`.
  std::string text() const;

  friend bool operator==(const Traceparent&, const Traceparent&) = default;
};

// The error message for an invalid traceparent, which also says what one looks like: "'00-x' is no traceparent: …".
std::string invalidTraceparentMessage(std::string_view text);

}  // namespace leptir::base
