// A running instance as JSON, for `status` and `status --all`.
#pragma once

#include "leptir/json.h"
#include "link/status_board.h"

namespace leptir::cli {

// What both commands show of an instance: pid, session, configuration, since, ready, done, failed.
Json instanceJson(const link::BoardInstance& instance);

}  // namespace leptir::cli
