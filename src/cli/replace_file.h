// Writes a file as a whole.
#pragma once

#include <filesystem>
#include <string_view>

#include "leptir/result.h"

namespace leptir::cli {

// A reader of the file sees the old content or the new one: it is written into a file beside it, which then gets its
// name. The name of that file ends with .tmp. A new file may be read by all users; an existing one keeps its
// permissions and, where this process may set them, its owner and group. A symbolic link stays, and the file that it
// leads to is replaced.
//
// What is no regular file (a device, a named pipe), or is reached through /proc (/dev/stdout), is written to as it is.
//
// Unavailable, Invalid: as errno_code.h says; also a folder, and a named pipe that no process reads. NotFound: no such
// folder. The message names the path.
Result<void> replaceFile(const std::filesystem::path& file, std::string_view content);

}  // namespace leptir::cli
