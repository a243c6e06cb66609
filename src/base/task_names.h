// The one rule for valid task ids and task names. Pushing, configuration, task registration and the reading of
// envelopes all use it.
#pragma once

#include <cstddef>
#include <string_view>

#include "leptir/result.h"

namespace leptir::base {

inline constexpr std::size_t kMaxTaskNameBytes = 255;

// Valid: 1 to 255 bytes of UTF-8 without control characters, line separators or characters that change the direction of
// text, because an id is printed in a line of output and used in environment variables and in keys of stores.
// Backslashes and spaces are allowed. Invalid: the message says what is wrong, for example "the task's id is empty".
Result<void> checkTaskId(std::string_view id);
Result<void> checkTaskName(std::string_view name);

}  // namespace leptir::base
