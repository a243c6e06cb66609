// Whether the programs of a configuration have names of their own, and can be started.
#pragma once

#include <string>
#include <vector>

#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir {

// Invalid: the program registers a task of that name itself; names it, and the file.
Result<void> checkPrograms(const Config& config, const Program& program);

// One sentence for each program whose command or folder this user cannot use now. Not a reason to refuse the
// configuration: the tasks of the other names run.
std::vector<std::string> unusablePrograms(const Config& config);

}  // namespace leptir
