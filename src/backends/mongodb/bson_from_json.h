// JSON text to BSON.
#pragma once

#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// How deep objects and lists may nest in a document. MongoDB promises 100 levels; leptir's own take a few of them.
inline constexpr int kMaxDocumentDepth = 95;

// What to do with what MongoDB refuses, or only some of its versions take: a name that contains NUL or begins with `$`
// (but for `$ref`, `$id` and `$db` of its references), and nesting beyond kMaxDocumentDepth.
enum class Unstorable {
  Refuse,   // Invalid: the message has the name
  Replace,  // `$` by U+FF04, NUL by U+2400, what nests too deep by its JSON as a text
};

struct DocumentFromJson {
  Document document{};
  bool isExact = true;  // false: something was replaced, or an integer does not fit int64
};

// The members of a JSON object, in their order. Integers of 64 bits become int64, other numbers double; of duplicate
// names all are kept, as they stand. An object that is exactly what appendJson writes for a BSON type that JSON lacks
// becomes a value of that type. Invalid: the text is no JSON object, or Unstorable::Refuse.
Result<DocumentFromJson> documentFromJson(std::string_view object, Unstorable unstorable);

}  // namespace leptir::mongodb
