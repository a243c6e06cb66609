#include "instance/master_log.h"

#include <sstream>

namespace leptir::instance {

void logAsMaster(const Logger& logger, LogLevel level, const std::string& message) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) logger.logAsMaster(level, line);
}

}  // namespace leptir::instance
