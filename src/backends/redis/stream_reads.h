// How streams are read: the queue's doorbell and the records' bell.
#pragma once

#include <string_view>

#include "leptir/clock.h"

namespace leptir::redis {

// How long the server may block in one XREAD. Short, so that a server that became a replica is soon left.
inline constexpr std::string_view kBlockMilliseconds = "1000";
inline constexpr Duration kBlockTime = std::chrono::seconds(1);
inline constexpr std::string_view kBeforeTheFirstEntry = "0-0";

}  // namespace leptir::redis
