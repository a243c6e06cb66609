// What a program gets at its start: the task on its stdin, and its environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/program_spec.h"
#include "leptir/task_context.h"

namespace leptir::task {

// The task as one JSON line with its line feed, for stdin. `parameters`: a JSON object, as it was pushed.
std::string programInput(const TaskContext& context, std::string_view parameters);

// NAME=value: PATH, HOME and LANG of this process, the variables of the configuration, and the LEPTIR_ variables, which
// the configuration cannot change. (LEPTIR_RESULT is added when the program is started.) TRACEPARENT if the run has
// one.
std::vector<std::string> programEnvironment(const TaskContext& context, const ProgramSpec& spec,
                                            const std::string& session);

}  // namespace leptir::task
