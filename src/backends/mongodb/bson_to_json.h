// BSON to JSON text.
#pragma once

#include <string>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

// Appends the value as compact JSON to `text`, as leptir and PHP write it: texts with PHP's escapes (`\/`, `\uxxxx`),
// bytes that are not UTF-8 as U+FFFD, doubles always as such (`10.0`, `1e+20`), types that JSON lacks as Extended JSON
// (extended_json.h). `depth`: how many objects and lists stand around the value. Those beyond kMaxJsonDepth are written
// as empty ones: so a document of any depth takes little stack, and the JSON still nests too deep for its readers.
void appendJson(const ValueView& value, std::string& text, int depth);

// The same for a document as an object.
void appendJson(DocumentView document, std::string& text, int depth);

}  // namespace leptir::mongodb
