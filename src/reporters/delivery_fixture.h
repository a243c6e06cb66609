// For the tests of this module: a delivery that does not make tests wait.
#pragma once

#include <string>

#include "leptir/json.h"
#include "reporters/delivery.h"

namespace leptir::reporters {

// Tries as often as usual, but waits only milliseconds in between.
inline DeliveryOptions quickDelivery() {
  return {.firstBackoff = std::chrono::milliseconds(1), .longestBackoff = std::chrono::milliseconds(4)};
}

// What a reporter says of options in a configuration.
template <class Reporter>
std::string messageOf(const Json& options) {
  const auto checked = Reporter::checkOptions(options);
  return checked ? "they are good" : checked.error().message();
}

}  // namespace leptir::reporters
