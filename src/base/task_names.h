// The one rule for what may be a task's id or name, for those who push, configure, register and read envelopes.
#pragma once

#include <cstddef>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

inline constexpr std::size_t kMaxTaskNameBytes = 255;

// 1 to 255 bytes of UTF-8 without control characters, line separators or marks that turn the direction of text: an id
// stands in a line of output, in a program's environment and in keys of stores. Backslashes and blanks are allowed.
// Invalid: "the task's id is empty" and the like.
Result<void> checkTaskId(std::string_view id);
Result<void> checkTaskName(std::string_view name);

}  // namespace leptir
