// Log lines of the master, with the prefix of PHP leptir: "[<pid>](:MASTER:) ".
#pragma once

#include <string>

#include "leptir/logger.h"

namespace leptir::master {

class MasterLog {
 public:
  explicit MasterLog(const Logger& logger) : logger_(logger) {}
  void info(const std::string& message) const { logger_.logAsMaster(LogLevel::Info, message); }
  void warning(const std::string& message) const { logger_.logAsMaster(LogLevel::Warning, message); }
  void error(const std::string& message) const { logger_.logAsMaster(LogLevel::Error, message); }

 private:
  const Logger& logger_;
};

}  // namespace leptir::master
