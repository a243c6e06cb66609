// `${NAME}` and `${file:/path}` in the values of a configuration.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

struct Expanded {
  std::string text;
  bool fromOutside = false;  // something came from the environment or a file: never to be shown
};

// What to do with braces that come from outside: in an argument of a command they would otherwise stand for parameters.
enum class OutsideBraces { Kept, Doubled };

// Replaces `${NAME}` by the environment's value and `${file:/path}` by the file's text without its last line end; `$${`
// stands for `${`. What was put in is not looked at again. Invalid: not defined, not readable, not closed, not UTF-8;
// the message names the variable or file, never a value.
Result<Expanded> expandVariables(std::string_view text, OutsideBraces braces = OutsideBraces::Kept);

}  // namespace leptir
