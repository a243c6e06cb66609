// Loose values as PHP converts them: members that PHP wrote hold numbers as text, null or true.
#pragma once

#include "task/json_reader.h"

#include <cstdint>
#include <string>

namespace leptir {

// What PHP's intval makes of it: the number in front of a text, fractions cut, true is 1, a list that holds
// something 1. Beyond 64 bit: the nearest.
std::int64_t phpInteger(const JsonItem& item);

// A number or a text that is nothing but a number, as PHP takes it for arithmetic; true is 1; all else 0. Fractions are
// cut.
std::int64_t phpNumeric(const JsonItem& item);

// Fractions kept; 0 for what is no number.
double phpFloat(const JsonItem& item);

// What PHP makes of it where it wants text: null and false are empty, true is "1", a list is "Array".
std::string phpText(const JsonItem& item);

}  // namespace leptir
