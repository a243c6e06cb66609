// How much the lists of tasks and records ask a server for at once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leptir::mongodb {

inline constexpr std::size_t kMostOfAStep = 1'000;
inline constexpr std::int64_t kLongestStepMs = 2'000;

}  // namespace leptir::mongodb
