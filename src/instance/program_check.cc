#include "instance/program_check.h"

#include "base/escape.h"

namespace leptir {

Result<void> checkPrograms(const Config& config, const Program& program) {
  for (const auto& [name, spec] : config.programs) {
    if (program.tasks.find(name) == nullptr) continue;
    return Error(ErrorCode::Invalid, config.file.string() + ": tasks: " + inQuotes(name) +
                                         ": this program has a task of that name itself: choose another name for the "
                                         "command");
  }
  return {};
}

}  // namespace leptir
