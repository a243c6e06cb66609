#include "instance/program_check.h"

#include "base/escape.h"
#include "task/program_lookup.h"

namespace leptir::instance {

Result<void> checkPrograms(const Config& config, const Program& program) {
  for (const auto& [name, spec] : config.programs) {
    if (program.tasks.find(name) == nullptr) continue;
    return Error(ErrorCode::Invalid, config.file.string() + ": tasks: " + base::inQuotes(name) +
                                         ": this program has a task of that name itself: choose another name for the "
                                         "command");
  }
  return {};
}

std::vector<std::string> unusablePrograms(const Config& config) {
  std::vector<std::string> sentences;
  for (const auto& [name, spec] : config.programs) {
    const auto checked = task::checkProgram(spec);
    if (!checked)
      sentences.push_back("task " + base::inQuotes(name) + " cannot run: " + base::escaped(checked.error().message()));
  }
  return sentences;
}

}  // namespace leptir::instance
