// What the dispatcher is given to work with: how to open each store. (Only src/config/assemble.cc knows which.)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "leptir/simple_broker.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

// `open` is called in the thread that will use the store, again and again while it answers Unavailable.
struct BrokerSeat {
  std::string name;
  std::int64_t priority = 0;
  std::function<Result<std::unique_ptr<SimpleBroker>>()> open;
};
struct MetaSeat {
  std::string name;
  bool required = true;
  std::function<Result<std::unique_ptr<SimpleMetaStorage>>()> open;
};

}  // namespace leptir
