// What the master of an instance logs about files and configuration.
#pragma once

#include <string>

#include "leptir/logger.h"

namespace leptir::instance {

// Logs each line of the message with the prefix of the master's lines. An empty message logs nothing.
void logAsMaster(const Logger& logger, LogLevel level, const std::string& message);

}  // namespace leptir::instance
