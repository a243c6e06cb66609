// Envelopes and documents: the same task as PHP leptir's JSON and as its BSON. (README.md, "A task")
#pragma once

#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// The fields of an envelope as BSON, in its order, without `_id` and `leptir`. `text` is for `leptir.text`: empty
// if envelopeOf(fields) gives the same bytes, an escaping (json_escaping.h) if it does but for that of the parameters,
// else the envelope.
// Invalid: the parameters have what MongoDB refuses to store (Unstorable); the message says what.
struct EnvelopeFields {
  Document fields;
  std::string text;
};
Result<EnvelopeFields> fieldsOf(std::string_view envelope);

// The envelope of a stored document of any shape: `leptir.text` if that is an envelope and the document still has the
// fields that were made of it, else its fields but `_id` and `leptir` as JSON (appendJson) in the escaping that
// `leptir.text` names, with `expires` and `ts` as leptir writes them. It always gives JSON; whether it is a task is for
// the caller to find out: decodeEnvelope refuses the envelope of a document that nests too deep.
std::string envelopeOf(DocumentView document);

}  // namespace leptir::mongodb
