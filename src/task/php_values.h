// Converts JSON values as PHP does, since an envelope that PHP leptir wrote may have a text, null or true for a number.
#pragma once

#include "task/json_reader.h"

#include <cstdint>
#include <string>

namespace leptir::task {

// PHP's intval: of a text the number at its beginning, without fractions; 1 for true and for a list or object that is
// not empty. A number beyond 64 bits becomes the nearest one.
std::int64_t phpIntval(const JsonItem& item);

// The integer that PHP uses in arithmetic: of a number, or of a text that is a number as a whole, without fractions; 1
// for true; 0 for any other value.
std::int64_t phpArithmeticInteger(const JsonItem& item);

// The value of a number, with its fraction; 0 for any value that is no number.
double numberOrZero(const JsonItem& item);
// The value of a number, or of a text that is a number as a whole; 0 for any other value.
double phpArithmeticFloat(const JsonItem& item);

// PHP's strval: null and false become an empty text, true "1", a list or an object "Array".
std::string phpStrval(const JsonItem& item);

}  // namespace leptir::task
