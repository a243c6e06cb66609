// Logs the warnings that stores give when they are opened. Used by one thread.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "leptir/logger.h"

namespace leptir::dispatcher {

// Logs each warning only once: a store that is reopened often would fill the log.
class StoreWarnings {
 public:
  // `logger` must outlive it.
  explicit StoreWarnings(const Logger& logger) : logger_(logger) {}

  void log(std::string_view store, std::span<const std::string> warnings) {
    for (const auto& warning : warnings) {
      if (logged_.insert(warning).second) logger_.warning(std::string(store) + ": " + warning);
    }
  }

 private:
  const Logger& logger_;
  std::set<std::string> logged_;
};

}  // namespace leptir::dispatcher
