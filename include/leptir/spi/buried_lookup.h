// An optional interface of a TaskKeeper: tells which of many task ids are buried, without a search through the queue.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "leptir/spi/task_keeper.h"

namespace leptir {

// A backend may let its TaskKeeper derive from this class too; callers find that out with dynamic_cast.
class BuriedLookup {
 public:
  virtual ~BuriedLookup() = default;

  // Returns the tasks of `ids` that are buried, in the order of `ids`. It takes a few requests at most, however many
  // tasks the queue has.
  virtual Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) = 0;
};

}  // namespace leptir
