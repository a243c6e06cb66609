// MongoDB Extended JSON, version 2, relaxed: the BSON types that JSON lacks as objects like {"$date":"…"}.
#pragma once

#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

// Appends a value of a type that JSON lacks, also a double that is not finite. `depth` as for appendJson.
void appendExtendedJson(const ValueView& value, std::string& text, int depth);

// Appends the value under `key` if `json` is exactly what appendExtendedJson writes for it. False: it is no such value.
bool appendExtendedValue(bson_t* to, std::string_view key, std::string_view json);

}  // namespace leptir::mongodb
