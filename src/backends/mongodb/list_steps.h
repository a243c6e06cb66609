// How much the lists of tasks and records ask a server for at once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leptir::mongodb {

inline constexpr std::size_t kMaxDocsPerStep = 1'000;
inline constexpr std::int64_t kMaxStepMs = 2'000;  // maxTimeMS of one query

}  // namespace leptir::mongodb
