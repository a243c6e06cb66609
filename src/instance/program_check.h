// Whether the programs of a configuration have names that no task of the user's program has, and can be started.
#pragma once

#include <string>
#include <vector>

#include "leptir/config.h"
#include "leptir/program.h"

namespace leptir::instance {

// Invalid: `program` itself has a task with the name of a configured program; the message says which, in which file.
Result<void> checkPrograms(const Config& config, const Program& program);

// One sentence for each program whose command or folder this user cannot use now. That is no error of the
// configuration, since the tasks of other names can run.
std::vector<std::string> unusablePrograms(const Config& config);

}  // namespace leptir::instance
