// The metrics server: a child of the master that serves the metrics of the instance by HTTP.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "leptir/config.h"
#include "leptir/logger.h"
#include "link/status_board.h"

namespace leptir::instance {

// Why this leptir cannot serve the metrics that the configuration asks for, in one sentence; none: it can, or the
// configuration does not ask for it.
std::optional<std::string> whyNoMetricsServer(const Config& config);

// The main function of the process. Listens at `address`, again and again until that succeeds; then gives up the right
// to write to the board, and serves. Returns an exit status, but only where it cannot go on; the master ends the
// process by a signal. The caller has closed and wiped what this process does not need: it only reads the board, and
// bytes from unknown clients. `beat` is called at least once a second.
int runMetricsServer(const std::string& address, link::StatusBoard& board, Logger& logger,
                     const std::function<void()>& beat);

}  // namespace leptir::instance
