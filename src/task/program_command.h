// The command of a program: its arguments, with the parameters of a task filled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"

namespace leptir::task {

// Replaces each `{name}` in `command` by that member of `parameters` (the text of a JSON object): a string by its
// value, any other value by its JSON text. Throws InputError if a parameter is missing or a brace is not closed.
std::vector<std::string> fillCommand(const std::vector<std::string>& command, std::string_view parameters);

// Checks a command when the configuration is read. Invalid: it is empty, or the braces of an argument are wrong; the
// message names the argument.
Result<void> checkCommand(const std::vector<std::string>& command);

}  // namespace leptir::task
