// Writes and checks JSON as text, for code that runs too often to use the type Json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::task {

// Appends `text` in quotes with PHP's escapes: `\/`; `\b \f \n \r \t`; `\u00xx` for other control characters but DEL;
// `\uxxxx` in lower-case hex, with surrogate pairs, for characters beyond ASCII. Bytes that are not UTF-8 become
// U+FFFD.
void appendPhpJsonString(std::string_view text, std::string& out);

void appendInteger(std::int64_t number, std::string& out);

// Appends Unix seconds with all six decimals. A double is precise enough to read the same microsecond back, up to the
// year 2255.
void appendUnixSeconds(Time time, std::string& out);

// Whether `text` is a number in JSON's grammar, of any size.
bool isJsonNumber(std::string_view text);

}  // namespace leptir::task
