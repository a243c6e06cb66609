// Formats a record, or what is known of a waiting task, as text for people.
#pragma once

#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir::cli {

// Several lines. Control characters that a task wrote are escaped. A field of an unexpected type is shown as JSON: a
// task may replace any field (getAdditionalMetaInfo).
std::string recordText(const Json& record, Time now = systemClock().now());

// What `leptir tasks` shows of a record: the end of the run (of one that goes on: its start), id, name, outcome,
// attempt, duration and the first 60 bytes of the response.
struct RecordSummary {
  std::string when, id, name, outcome, attempt, took, response;
};
RecordSummary recordSummary(const Json& record);
// The same as one line, in columns that do not depend on other records.
std::string recordLine(const Json& record);

}  // namespace leptir::cli
