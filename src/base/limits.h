// The limits that several modules must agree on.
#pragma once

#include <cstddef>

namespace leptir {

// Brokers of one configuration: the shared page has a line for each of them.
inline constexpr std::size_t kMaxBrokers = 64;

// Workers of one instance: the status board has a line for each of them.
inline constexpr int kMaxWorkers = 1024;

}  // namespace leptir
