#include "backends/redis/redis_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir::redis {

std::string redisTime(Time time) {
  const auto micros = std::clamp(time, Time(-kMaxTimeSpan), Time(kMaxTimeSpan)).time_since_epoch().count();
  const auto magnitude = static_cast<std::uint64_t>(micros < 0 ? -micros : micros);
  return fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", magnitude / 1'000'000, magnitude % 1'000'000);
}

// Scores of other programs may be any double, including "inf" and "-inf".
Time timeFromRedis(std::string_view score) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(score.data(), score.data() + score.size(), seconds);
  // from_chars leaves the value unchanged both when the number is too large for a double and when it is too small to
  // differ from zero.
  const bool isLarge = error == std::errc::result_out_of_range && score.find("e-") == std::string_view::npos;
  if (isLarge) seconds = score.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
  constexpr auto kMax = static_cast<double>(kMaxTimeSpan.count());
  return Time(Duration(std::llround(std::clamp(seconds, -kMax, kMax) * 1e6)));
}

Error endlessSearch(const RedisConnection& connection, std::string_view through) {
  return Error(ErrorCode::Unavailable, fmt::format("a search through {} does not end", through))
      .in(connection.address().where());
}

std::string scoreFromEnvelope(std::string_view envelope) {
  const auto head = task::decodeEnvelope(envelope);
  if (!head) return "";
  const auto due = head->timeOfExecution ? head->timeOfExecution : head->pushedAt;
  return due ? redisTime(*due) : "";
}

LeasedTask leasedTask(std::uint64_t number, std::string_view envelope) {
  auto id = task::escapedIdIn(envelope);
  if (id.size() > kMaxEscapedIdBytes) id.clear();
  return {.envelope = std::string(envelope),
          .counters = task::countersIn(envelope),
          .lease = {number, std::move(id)},
          .cancelledBy = {}};
}

}  // namespace leptir::redis
