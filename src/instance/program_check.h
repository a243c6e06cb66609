// Whether the programs of a configuration have names of their own.
#pragma once

#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir {

// Invalid: the program registers a task of that name itself; names it, and the file.
Result<void> checkPrograms(const Config& config, const Program& program);

}  // namespace leptir
