// For tests: a delivery that does not make tests wait.
#pragma once

#include "http/delivery.h"

namespace leptir::http {

// Tries as often as usual, but waits only milliseconds in between.
inline DeliveryOptions quickDelivery() {
  return {.firstBackoff = std::chrono::milliseconds(1), .longestBackoff = std::chrono::milliseconds(4)};
}

}  // namespace leptir::http
