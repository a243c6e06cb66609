// A configured broker that is not open yet, with the function that opens it. Only src/config/assemble.cc knows which
// store it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "leptir/spi/simple_broker.h"

namespace leptir::broker {

// `open` is called in the thread that will use the store, again and again while it answers Unavailable.
struct BrokerFactory {
  std::string name;
  std::int64_t priority = 0;
  std::string storeLocation;  // with the type of the store; see Backend::storeLocation
  std::function<Result<std::unique_ptr<SimpleBroker>>()> open;
  bool detaching = false;  // removed from the configuration: settle its leased tasks, lease no more
};

}  // namespace leptir::broker
