// The pages of the metrics server.
#pragma once

#include "leptir/clock.h"
#include "link/status_board.h"
#include "web/routes.h"

namespace leptir::instance {

// "/metrics", "/healthz" and "/", all made of what the status board says at the moment of the request; "/metrics" may
// be up to 0.2 s older. Both arguments outlive the routes.
web::Routes metricsPages(const link::StatusBoard& board, const Clock& clock);

}  // namespace leptir::instance
