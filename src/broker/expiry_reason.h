// Why a task is buried whose lease has expired too often (delayAfterExpiry), in the words that every backend stores.
#pragma once

#include <cstdint>
#include <string>

namespace leptir::broker {

inline std::string expiryReason(std::uint32_t expiries) {
  return "its session expired " + std::to_string(expiries) + " times";
}

}  // namespace leptir::broker
