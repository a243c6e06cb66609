// The document of a record: PHP leptir's fields in its order, dates as BSON dates, `_id` the task's id, last.
#pragma once

#include "backends/mongodb/bson.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/spi/meta_info.h"

namespace leptir::mongodb {

// {status, retC, exTime, respM, type, exStart: Date, leptir's own fields, additional fields, _id}. Top-level PHP dates
// among the additional fields are BSON dates. `expires`: under `leptir.expires`, for the TTL index; `leptir` also has
// `lease` and `step`, by which a record replaces only an older one.
Document recordDocument(const MetaInfo& info, std::optional<Time> expires);
// The record as writeMetaInfo has it: `id` first, dates as PHP's in JSON.
Json recordOf(DocumentView document);

}  // namespace leptir::mongodb
