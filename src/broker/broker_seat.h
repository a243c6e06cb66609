// A broker of the configuration that is not open yet: how whoever is going to use it opens it.
// (Only src/config/assemble.cc knows which store that is.)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "leptir/simple_broker.h"

namespace leptir {

// `open` is called in the thread that will use the store, again and again while it answers Unavailable.
struct BrokerSeat {
  std::string name;
  std::int64_t priority = 0;
  std::string place;  // see Backend::place
  std::function<Result<std::unique_ptr<SimpleBroker>>()> open;
  bool leaving = false;  // the configuration no longer names it: what it lent us is settled, nothing more is leased
};

}  // namespace leptir
