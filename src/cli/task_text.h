// Everything that is known of one task, for people and for scripts.
#pragma once

#include <string>

#include "leptir/json.h"
#include "leptir/operations.h"

namespace leptir::cli {

// Several lines: its state in a queue, its envelope, and its record as recordText writes it.
std::string detailsText(const TaskDetails& details, Time now);
// {"id", "queued": null or as taskJson, with its "envelope", "record": null or the record, "instance", "running"}.
Json detailsJson(const TaskDetails& details);

// What an instance says of a run.
Json runningJson(const RunningTask& task);

}  // namespace leptir::cli
