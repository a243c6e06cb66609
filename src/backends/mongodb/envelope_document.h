// Envelopes and documents: the same task as PHP leptir's JSON and as its BSON. (README.md, "A task")
#pragma once

#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Deeper nesting than this is refused by the server (its limit for stored documents, with room for leptir's own
// levels).
inline constexpr int kMaxDocumentDepth = 95;

// The fields of an envelope as BSON, in its order, without `_id` and `leptir`. `text` is the envelope if
// envelopeOf(fields) would give other bytes, else empty. Invalid: a name in the parameters that MongoDB refuses (it
// contains NUL or begins with `$`), or nesting beyond kMaxDocumentDepth; the message has the name. `envelope` is valid
// JSON (EncodedTask).
struct EnvelopeFields {
  Document fields;
  std::string text;
};
Result<EnvelopeFields> fieldsOf(std::string_view envelope);

// The envelope of a stored document of any shape: `leptir.text` if its parameters are those of the document, else its
// fields but `_id` and `leptir` as JSON, with PHP's escapes, BSON types that JSON lacks as Extended JSON. It always
// gives JSON; whether it is a task is for the caller to find out. A document nested beyond 511 levels gives an envelope
// that decodeEnvelope refuses.
std::string envelopeOf(DocumentView document);

}  // namespace leptir::mongodb
