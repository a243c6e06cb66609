// Percent-encoding of the parts of a connection string (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leptir::mongodb {

// All but letters, digits and `-._~` as %XX.
std::string percentEncoded(std::string_view text);
// none: a `%` without two hex digits behind it.
std::optional<std::string> percentDecoded(std::string_view text);

}  // namespace leptir::mongodb
