// JSON text to BSON and back, keeping the order of names.
#pragma once

#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Appends one JSON value under `key`. Integers of 64 bits become int64, other numbers double; of duplicate names all
// are kept, as they stand. An object that is exactly what appendJson writes for a BSON type that JSON lacks becomes
// that type. Invalid: as EnvelopeFields. `depth`: how many levels stand around the value.
Result<void> appendValue(bson_t* to, std::string_view key, std::string_view json, int depth);

// Appends the value as compact JSON to `text`: texts as PHP writes them (`\/`, `\uxxxx`), doubles with their point,
// types that JSON lacks as relaxed Extended JSON, bytes that are not UTF-8 as U+FFFD.
void appendJson(ValueView value, std::string& text);

}  // namespace leptir::mongodb
