// What a TaskKeeper can do besides: tell which of many tasks are buried, without a search through the queue.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "leptir/simple_broker.h"

namespace leptir {

// A keeper that also derives from this is asked for it with dynamic_cast; a backend may do without.
class BuriedLookup {
 public:
  virtual ~BuriedLookup() = default;

  // Those of `ids` that are buried, in the order of `ids`. One or a few requests, however many tasks wait or are
  // buried.
  virtual Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) = 0;
};

}  // namespace leptir
