#include "reporters/sentry_limits.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "http/ascii.h"

namespace leptir::reporters {
namespace {

constexpr Duration kDefaultPause = std::chrono::minutes(1);

// The text before the first separator; removes both from `text`.
std::string_view takePart(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return http::trimmed(part);
}

// `categories` is a list with ';'; an empty list means all.
bool appliesToErrors(std::string_view categories) {
  if (categories.empty()) return true;
  while (!categories.empty()) {
    const auto category = takePart(categories, ';');
    if (category == "error" || category == "default") return true;
  }
  return false;
}

Duration secondsOf(std::string_view text) {
  double seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!(seconds > 0)) return {};
  return std::chrono::round<Duration>(
      std::chrono::duration<double>(std::min(seconds, std::chrono::duration<double>(kMaxSentryPause).count())));
}

// "60:error;default:organization, 2700:transaction:project"
Duration longestLimit(std::string_view header) {
  Duration longest{};
  while (!header.empty()) {
    auto limit = takePart(header, ',');
    const auto seconds = takePart(limit, ':');
    if (appliesToErrors(takePart(limit, ':'))) longest = std::max(longest, secondsOf(seconds));
  }
  return longest;
}

}  // namespace

std::optional<Duration> sentryPause(const http::HttpAnswer& answer) {
  const auto limits = answer.headers.find("x-sentry-rate-limits");
  const auto longest = limits != answer.headers.end() ? longestLimit(limits->second) : Duration();
  if (longest > Duration::zero()) return longest;
  const bool saysMore = limits != answer.headers.end() && !limits->second.empty();
  if (answer.status != 429 || saysMore) return {};
  return answer.retryAfter.value_or(kDefaultPause);
}

}  // namespace leptir::reporters
