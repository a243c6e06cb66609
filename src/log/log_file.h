// Opening the file of a log: made for our user alone, never behind a symbolic link, but for the streams of a container.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "base/private_file.h"
#include "base/unique_fd.h"
#include "leptir/logger.h"
#include "leptir/result.h"

namespace leptir {

// For appending; made with these permissions when it is missing. Never waits: a named pipe without a reader is an
// error. Unavailable: want of space, memory, descriptors or rights (base/errno_code.h); Invalid: the path can never be
// used, or the file is another user's. The message names the file and the logger, and says what to do.
Result<UniqueFd> openLogFile(const std::string& logger, const std::string& path, mode_t mode = kPrivateFile);

// The permissions for the file that takes the place of one that was rotated away: those of the old one.
mode_t rightsForSuccessor(int descriptor);

// Whether the files of these loggers could be opened; makes none. Errors as openLogFile.
Result<void> checkLogFiles(std::span<const LogSinkConfig> loggers);

}  // namespace leptir
