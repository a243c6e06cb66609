// JSON as other programs than PHP escape it: how `leptir.text` tells of it, and how it is written again.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace leptir::mongodb {

// A text of `leptir.text` that stands for an escaping, not for an envelope.
namespace escaping {
inline constexpr std::string_view kUnescapedSlashes = "/";          // no backslash before `/`
inline constexpr std::string_view kUnescapedUtf8 = "u";             // UTF-8 in place of `\uxxxx` from U+0080 on
inline constexpr std::string_view kUnescapedSlashesAndUtf8 = "/u";  // both
}  // namespace escaping

bool isEscaping(std::string_view text);
// The escapings that `json` may have, if it is not escaped as PHP escapes it.
std::span<const std::string_view> possibleEscapings(std::string_view json);

// `json`, a valid text with PHP's escapes (task::appendPhpJsonString), in another escaping.
std::string withEscaping(std::string_view json, std::string_view escaping);

}  // namespace leptir::mongodb
