#include "instance/master_log.h"

#include <unistd.h>

#include <sstream>

namespace leptir::instance {

void logAsMaster(const Logger& logger, LogLevel level, const std::string& message) {
  const auto prefix = "[" + std::to_string(::getpid()) + "](:MASTER:) ";
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) logger.log(level, prefix + line);
}

}  // namespace leptir::instance
