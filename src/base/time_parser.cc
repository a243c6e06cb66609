#include "base/time_parser.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace leptir::base {
namespace {

constexpr std::size_t kDateBytes = std::string_view("2026-11-23").size();
constexpr std::size_t kDateAndTimeBytes = std::string_view("2026-11-23T18:00:00").size();

// Parses a text that consists of digits; nullopt if it does not, or if the number is above `highest`.
std::optional<int> digits(std::string_view text, int highest) {
  int number = 0;
  const auto end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  const bool isNumber = error == std::errc() && last == end && text[0] != '-' && number <= highest;
  return isNumber ? std::optional(number) : std::nullopt;
}

// Removes the UTC offset (Z, +01:00 or +0100, up to 23:59) from the end of `text` and returns it.
std::optional<std::chrono::minutes> extractUtcOffset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < kDateAndTimeBytes) return std::nullopt;
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

}  // namespace

std::optional<Time> parseRfc3339(std::string_view text) {
  const auto offset = extractUtcOffset(text);
  if (!offset || text.size() < kDateAndTimeBytes) return std::nullopt;
  const char between = text[kDateBytes];
  const auto date = dateOf(text.substr(0, kDateBytes));
  const auto time = timeOfDay(text.substr(kDateBytes + 1, kDateAndTimeBytes - kDateBytes - 1));
  const auto fraction = fractionOf(text.substr(kDateAndTimeBytes));
  if ((between != 'T' && between != 't' && between != ' ') || !date || !time || !fraction) return std::nullopt;
  return Time(*date) + *time + *fraction - *offset;
}

}  // namespace leptir::base
