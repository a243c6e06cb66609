// The document of a record: PHP leptir's fields in its order, dates as BSON dates, `_id` the task's id, last.
#pragma once

#include <optional>

#include "backends/mongodb/bson.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/spi/meta_info.h"

namespace leptir::mongodb {

// {status, retC, exTime, respM, type, exStart, leptir's own fields, additional fields, _id, leptir}. Top-level dates in
// PHP's JSON form and in UTC are BSON dates, as PHP leptir has them. In `leptir` stand `lease` and `step`, by which a
// record replaces only an older one; `saved` (microseconds, int64), which orders records that began in the same
// millisecond; `expires` (Date) for the TTL index; `us`, the microseconds that the dates lack, by their names; and
// `text`, the record as JSON, if it has what MongoDB refuses (Unstorable::Replace) or a field named `_id` or `leptir`.
Document recordDocument(const MetaInfo& info, Time saved, std::optional<Time> expires);
// The record as writeMetaInfo has it. Records of other programs: top-level dates in PHP's JSON form, other types that
// JSON lacks as Extended JSON.
Json recordOf(DocumentView document);

}  // namespace leptir::mongodb
