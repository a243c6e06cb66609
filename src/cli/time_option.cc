#include "cli/time_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/saturated.h"
#include "base/time_text.h"
#include "cli/number_of.h"
#include "cli/push_error.h"
#include "cli/push_time.h"

namespace leptir::cli {
namespace {

constexpr double kMinUnixSeconds = 1e8;  // 1973-03-03

std::optional<double> secondsOfUnit(std::string_view unit) {
  if (unit == "ms") return 0.001;
  if (unit == "s" || unit == "sec") return 1;
  if (unit == "m" || unit == "min") return 60;
  if (unit == "h") return 3'600;
  if (unit == "d") return 86'400;
  return std::nullopt;
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

void skipBlanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

// Takes a number and its unit from the front of `text`; returns the seconds.
std::optional<double> parseNumberWithUnit(std::string_view& text) {
  const bool isNumber = !text.empty() && (isDigit(text[0]) || text[0] == '.');
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (!isNumber || error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  skipBlanks(text);
  std::size_t length = 0;
  while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
  const auto unit = secondsOfUnit(text.substr(0, length));
  text.remove_prefix(length);
  skipBlanks(text);
  return unit ? std::optional(number * *unit) : std::nullopt;
}

// With units: "10m", "3 min 5 s".
std::optional<Duration> durationWithUnits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const auto part = parseNumberWithUnit(text);
    if (!part) return std::nullopt;
    seconds += *part;
  }
  return parseDelay(seconds);
}

std::optional<Duration> parseDuration(std::string_view text) {
  const auto seconds = numberOf<double>(text);
  if (!seconds) return durationWithUnits(text);
  return std::signbit(*seconds) && *seconds != 0 ? std::nullopt : parseDelay(*seconds);
}

std::optional<Time> timeOfWord(std::string_view text, Time now) {
  constexpr auto kDay = std::chrono::hours(24);
  const Time today = std::chrono::floor<std::chrono::days>(now);
  if (text == "now") return now;
  if (text == "today") return today;
  if (text == "tomorrow") return today + kDay;
  if (text == "yesterday") return today - kDay;
  return std::nullopt;
}

std::optional<Time> parseRelativeTime(std::string_view text, Time now, UnsignedDuration bare) {
  const auto after = [&](std::optional<Duration> span) {
    return span ? std::optional(base::saturatedAdd(now, *span)) : std::nullopt;
  };
  const auto before = [&](std::optional<Duration> span) {
    return span ? std::optional(base::saturatedSubtract(now, *span)) : std::nullopt;
  };
  if (text.starts_with('+')) return after(parseDuration(text.substr(1)));
  if (text.starts_with("in ")) return after(durationWithUnits(text.substr(3)));
  if (text.starts_with('-')) return before(durationWithUnits(text.substr(1)));
  if (text.ends_with(" ago")) return before(durationWithUnits(text.substr(0, text.size() - 4)));
  return bare == UnsignedDuration::IsAgo ? before(durationWithUnits(text)) : std::nullopt;
}

// As tables print it, "2026-11-23 18:00:00", also followed by " UTC"; or a date.
std::optional<Time> timeWithoutOffset(std::string_view text) {
  if (text.ends_with(" UTC")) text.remove_suffix(4);
  constexpr std::size_t kDate = std::string_view("2026-11-23").size();
  const auto time = parseTime(std::string(text) + (text.size() == kDate ? "T00:00:00Z" : "Z"));
  return time ? std::optional(*time) : std::nullopt;
}

// As Unix seconds such a number is a time long ago, which the user hardly means.
Error missingUnit(std::string_view number, UnsignedDuration bare) {
  const bool isAgo = bare == UnsignedDuration::IsAgo;
  const auto span = std::string(isAgo ? "" : "+") + std::string(number.substr(number.starts_with('-') ? 1 : 0));
  const auto asUnixSeconds = base::timeText(timeFromUnixSeconds(numberOf<double>(number).value_or(0)));
  return invalidInput(
      fmt::format("'{}' has no unit: write {}s for seconds or {}m for minutes {}, or {} if you mean that", number, span,
                  span, isAgo ? "before now" : "from now", asUnixSeconds));
}

}  // namespace

Result<Duration> readDuration(std::string_view text) {
  if (const auto duration = parseDuration(text)) return *duration;
  return invalidInput(fmt::format("'{}' is no duration: write {}; at most 1e11 seconds", text, kDurationHelp));
}

Result<Time> readTime(std::string_view text, Time now, UnsignedDuration bare) {
  if (const auto number = numberOf<double>(text); number && std::abs(*number) < kMinUnixSeconds)
    return missingUnit(text, bare);
  if (auto time = parseTime(text)) return time;
  if (const auto time = timeOfWord(text, now)) return *time;
  if (const auto time = parseRelativeTime(text, now, bare)) return *time;
  if (const auto time = timeWithoutOffset(text)) return *time;
  if (durationWithUnits(text))
    return invalidInput(fmt::format("'{}' is no time: write +{} for a time from now", text, text));
  return invalidInput(fmt::format("'{}' is no time: write {}{}", text, kTimeHelp,
                                  bare == UnsignedDuration::IsAgo ? ", or how long ago it was: 90s, 10m, 2h, 7d" : ""));
}

Result<void> setExpiry(std::string_view text, PushOptions& options) {
  if (!text.starts_with('+')) {
    auto time = readTime(text, systemClock().now(), UnsignedDuration::IsRefused);
    if (!time) return time.error();
    options.expires = *time;
    options.expiresAfter = {};
    return {};
  }
  const auto after = parseDuration(text.substr(1));
  if (!after || *after == Duration::zero())
    return invalidInput(fmt::format(
        "'{}' is no duration: write + and a number of seconds above 0, at most 1e11 (+60), or +10m, +2h, +7d", text));
  options.expires.reset();
  options.expiresAfter = *after;
  return {};
}

}  // namespace leptir::cli
