// The document of a record: PHP leptir's fields in its order, dates as BSON dates, `_id` the task's id, last.
#pragma once

#include <optional>

#include "backends/mongodb/bson.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/spi/meta_info.h"

namespace leptir::mongodb {

// {status, retC, exTime, respM, type, exStart: Date, leptir's own fields, additional fields, _id}. Top-level PHP dates
// among the additional fields are BSON dates. `leptir` has `lease` and `step`, by which a record replaces only an older
// one, `saved` (microseconds, int64), which orders records that began in the same millisecond, and `expires` (Date) for
// the TTL index.
Document recordDocument(const MetaInfo& info, Time saved, std::optional<Time> expires);
// The record as writeMetaInfo has it: `id` first, dates as PHP's in JSON.
Json recordOf(DocumentView document);

}  // namespace leptir::mongodb
