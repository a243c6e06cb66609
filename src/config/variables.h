// `${NAME}` and `${file:/path}` in the values of a configuration.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::config {

struct Expanded {
  std::string text;
  bool hasVariableValue = false;  // holds a value from the environment or a file, which must never be shown
};

// What to do with braces in values of variables: in an argument of a command they would otherwise mark parameters.
enum class BracesInVariables { Kept, Doubled };

// Replaces `${NAME}` by the value of the environment variable and `${file:/path}` by the text of the file without its
// last line end; `$${` stands for `${`. Values are not expanded again. NotFound: the variable is not set, or
// the file cannot be read. Invalid: not closed, no name, not UTF-8. The message names the variable or file, never a
// value.
Result<Expanded> expandVariables(std::string_view text, BracesInVariables braces = BracesInVariables::Kept);

}  // namespace leptir::config
