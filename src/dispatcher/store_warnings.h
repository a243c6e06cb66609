// What stores say about themselves when they are opened, into the log. Of one thread that opens stores.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "leptir/logger.h"

namespace leptir {

// Each warning once: a store that comes and goes would fill the log.
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

}  // namespace leptir
