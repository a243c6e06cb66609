// For the tests of this module: a delivery that does not make tests wait.
#pragma once

#include "reporters/delivery.h"

namespace leptir::reporters {

// Tries as often as usual, but waits only milliseconds in between.
inline DeliveryOptions quickDelivery() {
  return {.firstBackoff = std::chrono::milliseconds(1), .longestBackoff = std::chrono::milliseconds(4)};
}

}  // namespace leptir::reporters
