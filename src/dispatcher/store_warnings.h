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
  void tell(std::string_view where, std::span<const std::string> warnings, const Logger& logger) {
    for (const auto& warning : warnings) {
      if (told_.insert(warning).second) logger.warning(std::string(where) + ": " + warning);
    }
  }

 private:
  std::set<std::string> told_;
};

}  // namespace leptir::dispatcher
