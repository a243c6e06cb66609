// Opens log files: created for our user alone, and never opened through a symbolic link, except links to the output
// streams of a container.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "base/private_file.h"
#include "base/unique_fd.h"
#include "leptir/logger.h"
#include "leptir/result.h"

namespace leptir::log {

// Opens the file for appending; a missing file is created with permission `mode`. Never waits: a named pipe without a
// reader is an error. Unavailable: disk space, memory, descriptors or permissions are missing (base/errno_code.h).
// Invalid: the path can never be used, or the file belongs to another user. The message names the file and the logger,
// and says what to do.
Result<base::UniqueFd> openLogFile(const std::string& logger, const std::string& path,
                                   mode_t mode = base::kPrivateFile);

// The permissions of the old file, for the new file that replaces it after a rotation.
mode_t modeForRotatedFile(int descriptor);

// Checks that the files of these loggers could be opened, and creates none. Errors as openLogFile.
Result<void> checkLogFiles(std::span<const LogSinkConfig> loggers);

}  // namespace leptir::log
