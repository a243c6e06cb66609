// Writes a file as a whole.
#pragma once

#include <filesystem>
#include <string_view>

#include "leptir/result.h"

namespace leptir::cli {

// A reader of the file sees the old content or the new one: it is written into a file beside it, which then gets its
// name. The name of that file ends with .tmp. All users may read the file. Unavailable, Invalid: as errno_code.h says;
// NotFound: no such folder. The message names the path.
Result<void> replaceFile(const std::filesystem::path& file, std::string_view content);

}  // namespace leptir::cli
