// Tasks whose code is a program: leptir starts it without a shell, writes the task as one JSON line to its stdin, and
// takes its stdout as the response. It may say more on descriptor 3 (program_results.h): progress, result, states, …
#pragma once

#include "leptir/program_spec.h"
#include "leptir/task_registry.h"
#include "leptir/task_rules.h"

#include <string>

namespace leptir::task {

// How many bytes of a program's stdout become response lines. The rest is read and dropped, so that the program does
// not block.
inline constexpr std::size_t kMaxProgramOutput = 64 * 1024;

// Adds the task `name` that runs a program. `session` becomes LEPTIR_SESSION in the program's environment, by which a
// later instance finds programs that outlived their instance. `limits` are the limits of this task name, which the
// worker sets for itself before the run.
void addProgram(TaskRegistry& tasks, const std::string& name, ProgramSpec spec, std::string session,
                ResourceLimits limits = {});

}  // namespace leptir::task
