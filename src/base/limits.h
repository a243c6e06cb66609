// Limits that several modules share.
#pragma once

#include <cstddef>

namespace leptir::base {

// The most brokers of one configuration: the shared page has one line per broker.
inline constexpr std::size_t kMaxBrokers = 64;

// The most workers of one instance: the status board has one line per worker.
inline constexpr int kMaxWorkers = 1024;

}  // namespace leptir::base
