// Whether an instance is ready, for health checks: `status --ready` and /healthz of the metrics server say the same.
#pragma once

#include <optional>
#include <string>

#include "link/status_board.h"

namespace leptir::instance {

struct Readiness {
  std::string state{};  // as in `status`, or: not running, stopped, unknown
  int pid = 0;          // of the master; 0: no instance
  std::string waitsFor{};
  bool ready = false;
  // "ready: running as 123", "not ready: starting as 123, waiting for broker main", "not running".
  std::string text() const;
};

// None: no instance runs. Reads /proc as well: a master that is stopped by SIGSTOP or a debugger does not say so
// itself.
Readiness readinessOf(const std::optional<link::BoardInstance>& instance);

}  // namespace leptir::instance
