#include "cli/push_time.h"

#include <algorithm>
#include <cmath>

#include "base/saturated.h"
#include "cli/number_of.h"
#include "cli/push_error.h"
#include "leptir/spi/broker_task.h"

namespace leptir::cli {
namespace {

constexpr auto kMaxTimeSpanSeconds =
    static_cast<double>(kMaxTimeSpan.count());  // largest distance from 1970, and largest delay

constexpr std::size_t kDate = std::string_view("2026-11-23").size();
constexpr std::size_t kDateAndTime = std::string_view("2026-11-23T18:00:00").size();

std::optional<Time> parseUnixSeconds(std::string_view text) {
  const auto seconds = numberOf<double>(text);
  if (!seconds || !(std::abs(*seconds) <= kMaxTimeSpanSeconds)) return std::nullopt;
  return timeFromUnixSeconds(*seconds);
}

// Parses a text that consists of digits; nullopt if it does not, or if the number is above `highest`.
std::optional<int> digits(std::string_view text, int highest) {
  const auto number = numberOf<int>(text);
  return number && text[0] != '-' && *number <= highest ? number : std::nullopt;
}

// Removes the UTC offset (Z, +01:00 or +0100, up to 23:59) from the end of `text` and returns it.
std::optional<std::chrono::minutes> takeOffset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < kDateAndTime) return std::nullopt;
  const auto offset = text.substr(sign + 1);
  const auto minutesAt = offset.size() == 5 && offset[2] == ':' ? 3u : 2u;
  if (offset.size() != minutesAt + 2) return std::nullopt;
  const auto hours = digits(offset.substr(0, 2), 23), minutes = digits(offset.substr(minutesAt), 59);
  if (!hours || !minutes) return std::nullopt;
  const auto length = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  const bool west = text[sign] == '-';
  text = text.substr(0, sign);
  return west ? -length : length;
}

// 2026-11-23
std::optional<std::chrono::sys_days> dateOf(std::string_view text) {
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4), 9999), month = digits(text.substr(5, 2), 12);
  const auto day = digits(text.substr(8), 31);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

// Parses 18:00:00. Second 60 (a leap second) becomes the first second of the next minute, since Unix time has no leap
// seconds.
std::optional<std::chrono::seconds> timeOfDay(std::string_view text) {
  if (text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = digits(text.substr(0, 2), 23), minutes = digits(text.substr(3, 2), 59);
  const auto seconds = digits(text.substr(6), 60);
  if (!hours || !minutes || !seconds) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

// Parses a fraction such as .123456789 and cuts it to microseconds; an empty text is 0.
std::optional<Duration> fractionOf(std::string_view text) {
  if (text.empty()) return Duration{};
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() < 2 || text[0] != '.' || !std::ranges::all_of(text.substr(1), isDigit)) return std::nullopt;
  std::string micros(text.substr(1, 6));
  micros.resize(6, '0');
  return std::chrono::microseconds(digits(micros, 999'999).value());
}

std::optional<Time> parseRfc3339(std::string_view text) {
  const auto offset = takeOffset(text);
  if (!offset || text.size() < kDateAndTime) return std::nullopt;
  const char between = text[kDate];
  const auto date = dateOf(text.substr(0, kDate));
  const auto time = timeOfDay(text.substr(kDate + 1, kDateAndTime - kDate - 1));
  const auto fraction = fractionOf(text.substr(kDateAndTime));
  if ((between != 'T' && between != 't' && between != ' ') || !date || !time || !fraction) return std::nullopt;
  return Time(*date) + *time + *fraction - *offset;
}

}  // namespace

Result<Time> parseTime(std::string_view text) {
  if (const auto time = parseUnixSeconds(text)) return *time;
  if (const auto time = parseRfc3339(text)) return *time;
  return invalidInput("'" + std::string(text) + "' is no time: write RFC 3339 (2026-11-23T18:00:00Z) or Unix seconds");
}

Result<void> setExpiry(std::string_view text, PushOptions& options) {
  if (!text.starts_with('+')) {
    auto time = parseTime(text);
    if (!time) return invalidInput(time.error().message() + ", or +60 for 60 seconds from now");
    options.expires = *time;
    options.expiresAfter = {};
    return {};
  }
  const auto seconds = numberOf<double>(text.substr(1));
  const auto after = seconds && text[1] != '-' ? parseDelay(*seconds) : std::nullopt;
  if (!after || *after == Duration::zero())
    return invalidInput("'" + std::string(text) +
                        "' is no duration: write + and a number of seconds above 0, at most "
                        "1e11 (+60)");
  options.expires.reset();
  options.expiresAfter = *after;
  return {};
}

std::optional<Duration> parseDelay(double seconds) {
  if (!(seconds >= 0 && seconds <= kMaxTimeSpanSeconds)) return std::nullopt;
  return base::durationFromSeconds(seconds);
}

}  // namespace leptir::cli
