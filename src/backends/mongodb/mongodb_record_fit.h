// Records that are larger than a document may be.
#pragma once

#include <cstddef>
#include <optional>

#include "backends/mongodb/bson.h"
#include "leptir/clock.h"
#include "leptir/spi/meta_info.h"

namespace leptir::mongodb {

// recordDocument(), with at most `maxBytes`: of a larger record the response is cut, if that is enough, else further
// parts are left out, the largest first. The response then says so. The task's outcome always stays.
Document fittingRecordDocument(const MetaInfo& info, Time saved, std::optional<Time> expires, std::size_t maxBytes);

// The same record in a form that every server stores: what the task itself has put into it as JSON (additional fields,
// the result) is text. For a record that the server refuses, for instance because of the names in it.
MetaInfo withJsonAsText(MetaInfo info);

}  // namespace leptir::mongodb
