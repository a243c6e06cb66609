#include "backends/redis/redis_queue.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "task/envelope_counters.h"

namespace leptir {

std::string redisTime(Time time) {
  const auto micros = time.time_since_epoch().count();
  const auto magnitude = static_cast<std::uint64_t>(micros < 0 ? -micros : micros);
  return fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", magnitude / 1'000'000, magnitude % 1'000'000);
}

// Other people's scores may be anything that a double can be.
Time timeFromRedis(std::string_view score) {
  constexpr double kMost = 9e12;
  const double seconds = std::strtod(std::string(score).c_str(), nullptr);
  return Time(Duration(std::llround(std::fmin(std::fmax(seconds, -kMost), kMost) * 1e6)));
}

LeasedTask leasedTask(std::uint64_t number, std::string_view envelope) {
  auto id = escapedIdIn(envelope);
  if (id.size() > kLongestEscapedId) id.clear();
  return {.envelope = std::string(envelope),
          .counters = countersIn(envelope),
          .lease = {number, std::move(id)},
          .cancelledBy = {}};
}

}  // namespace leptir
