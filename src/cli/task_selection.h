// The selection of tasks that a command line describes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/operating_commands.h"
#include "leptir/clock.h"
#include "leptir/operations.h"
#include "leptir/result.h"

namespace leptir::cli {

// Invalid: a time is none, or the options contradict each other.
Result<TaskSelection> selectionOf(const SelectionOptions& options, Time now);

// The ids that the arguments name: each is an id, or the beginning of one; `action` is as in findByPrefix. Invalid: a
// beginning fits several tasks. An argument that fits no task stays as it is. Unavailable: a store that may have the
// task cannot be asked.
Result<std::vector<std::string>> wholeIds(Operations& operations, const std::vector<std::string>& arguments,
                                          std::optional<TaskAction::Kind> action);

// A task may write any cause into its record (getAdditionalMetaInfo), so an unknown --cause is an error only if no
// record has it. Nullopt: leptir has such a cause, or none was given; else what to tell the user.
std::optional<std::string> unknownCause(const std::string& cause);

}  // namespace leptir::cli
