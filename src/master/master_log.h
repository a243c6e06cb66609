// Log lines of the master, with the prefix of PHP leptir: "[<pid>](:MASTER:) ".
#pragma once

#include <unistd.h>

#include <string>

#include "leptir/logger.h"

namespace leptir::master {

class MasterLog {
 public:
  explicit MasterLog(const Logger& logger) : logger_(logger) {}
  void info(const std::string& message) const { logger_.info(prefix() + message); }
  void warning(const std::string& message) const { logger_.warning(prefix() + message); }
  void error(const std::string& message) const { logger_.error(prefix() + message); }

 private:
  static std::string prefix() { return "[" + std::to_string(::getpid()) + "](:MASTER:) "; }
  const Logger& logger_;
};

}  // namespace leptir::master
