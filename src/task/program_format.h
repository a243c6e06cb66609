// Checks before exec whether the kernel can execute the content of a file.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::task {

// Checks the interpreter of a script, the interpreter of that interpreter and so on, the program that `#!/usr/bin/env
// NAME` finds in the folders of `path` (not checked if `path` is empty), and the loader of a binary. Relative paths
// start at `directory` (empty: this process's working directory). Invalid: the message names the missing file. A file
// that cannot be read counts as correct, and so does an unknown format on a machine with handlers for more formats
// (binfmt_misc).
Result<void> checkExecutableFormat(const std::string& file, const std::string& directory, std::string_view path);

}  // namespace leptir::task
