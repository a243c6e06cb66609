#include "cli/push_time.h"

#include <algorithm>
#include <cmath>

#include "base/saturated.h"
#include "base/time_parser.h"
#include "cli/number_of.h"
#include "cli/push_error.h"
#include "leptir/spi/broker_task.h"

namespace leptir::cli {
namespace {

constexpr auto kMaxTimeSpanSeconds =
    static_cast<double>(kMaxTimeSpan.count());  // largest distance from 1970, and largest delay

std::optional<Time> parseUnixSeconds(std::string_view text) {
  const auto seconds = numberOf<double>(text);
  if (!seconds || !(std::abs(*seconds) <= kMaxTimeSpanSeconds)) return std::nullopt;
  return timeFromUnixSeconds(*seconds);
}

}  // namespace

Result<Time> parseTime(std::string_view text) {
  if (const auto time = parseUnixSeconds(text)) return *time;
  if (const auto time = base::parseRfc3339(text)) return *time;
  return invalidInput("'" + std::string(text) + "' is no time: write RFC 3339 (2026-11-23T18:00:00Z) or Unix seconds");
}

std::optional<Duration> parseDelay(double seconds) {
  if (!(seconds >= 0 && seconds <= kMaxTimeSpanSeconds)) return std::nullopt;
  return base::durationFromSeconds(seconds);
}

}  // namespace leptir::cli
