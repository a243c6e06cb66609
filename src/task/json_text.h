// JSON as text, for what is written too often to go through the JSON type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leptir {

// Appends `text` in quotes with PHP's escapes: `\/`, `\uxxxx` in lower-case hex with surrogate pairs for all that is
// not ASCII, `\b \f \n \r \t`,
// `\u00xx` for other control characters; DEL stands as it is. Bytes that are not UTF-8 become U+FFFD.
void appendJsonText(std::string_view text, std::string& out);

void appendInteger(std::int64_t number, std::string& out);

// A number by JSON's grammar, whatever its size.
bool isJsonNumber(std::string_view text);

}  // namespace leptir
