// What this process sees of an instance that runs on the same machine, without asking it.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/operations/fleet_view.h"
#include "leptir/result.h"
#include "link/run_logs.h"

namespace leptir::operations {

// Whether this process sees the instance's master: it is on this machine, and no namespace of processes is between.
bool isVisible(const InstanceView& instance);

// The newest log that a worker of a visible instance has of this task; none: no run of it has logged anything, or not
// lately. Unavailable: this process may not read the memory of the instance.
Result<std::optional<link::RunLog>> newestLogIn(const InstanceView& instance, std::string_view id);

}  // namespace leptir::operations
