// A task whose code is a program: started without a shell, fed the task as one JSON line, its stdout the response.
#pragma once

#include "leptir/base_task.h"
#include "leptir/program_spec.h"
#include "leptir/task_registry.h"
#include "leptir/task_rules.h"

#include <string>
#include <string_view>
#include <vector>

namespace leptir {

// Response lines kept of a program's stdout; the rest is read and dropped, so that it never blocks.
inline constexpr std::size_t kMaxProgramOutput = 64 * 1024;

// Replaces `{name}` by the parameters, a JSON object as text: what is no text stands as it was pushed. InputError
// (thrown): a parameter is missing, or a brace is left open.
std::vector<std::string> fillCommand(const std::vector<std::string>& command, std::string_view parameters);

// Invalid braces and an empty command are found when the configuration is read. Invalid: says which argument.
Result<void> checkCommand(const std::vector<std::string>& command);

// `session` becomes LEPTIR_SESSION in each program's environment, by which a later instance finds those that outlived
// theirs. `limits`: those that the rules of this name set, under which the worker puts itself.
void addProgram(TaskRegistry& tasks, const std::string& name, ProgramSpec spec, std::string session,
                ResourceLimits limits = {});

}  // namespace leptir
