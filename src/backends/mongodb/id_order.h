// Where a list goes on among documents whose other keys are equal, and which are ordered by `_id`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

enum class IdOrder { Rising, Falling };

// Filters that together find the documents behind this `_id`, in the order of the list: first those whose `_id` has the
// same type, then (left out, if there are none) those of the types that sort behind it. $gt and $lt compare only values
// of one type, but an index orders all.
std::vector<Document> filtersAfter(const ValueView& id, IdOrder order);

// The document {_id: …} as hexadecimal digits, and back; nothing: the text is none that hexOfId() makes.
std::string hexOfId(DocumentView document);
std::optional<Document> idOfHex(std::string_view text);

}  // namespace leptir::mongodb
