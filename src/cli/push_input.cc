#include "cli/push_input.h"

#include <date/date.h>

#include <charconv>
#include <cmath>
#include <locale>
#include <sstream>

#include "base/saturated.h"
#include "leptir/broker_task.h"

namespace leptir {
namespace {

constexpr auto kMostSeconds = static_cast<double>(kFarthest.count());  // before or after 1970, or from now

constexpr std::size_t kDateAndTime = std::string_view("2026-11-23T18:00:00").size();

Error invalid(std::string message) {
  return Error(ErrorCode::Invalid, std::move(message));
}

std::optional<Time> parseUnixSeconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(seconds) <= kMostSeconds))
    return std::nullopt;
  return timeFromUnixSeconds(seconds);
}

// Two digits, at most `highest`.
std::optional<int> twoDigits(std::string_view text, int highest) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool isNumber = text.size() == 2 && error == std::errc() && end == text.data() + 2 && text[0] != '-';
  return isNumber && number <= highest ? std::optional(number) : std::nullopt;
}

// What stands behind the time of day: Z, +01:00 or +0100, up to 23:59. Taken off `text`.
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
  const auto hours = twoDigits(offset.substr(0, 2), 23), minutes = twoDigits(offset.substr(minutesAt), 59);
  if (!hours || !minutes) return std::nullopt;
  const auto length = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  const bool west = text[sign] == '-';
  text = text.substr(0, sign);
  return west ? -length : length;
}

std::optional<Time> parseRfc3339(std::string_view whole) {
  auto local = whole;
  const auto offset = takeOffset(local);
  if (!offset || local.size() < kDateAndTime) return std::nullopt;
  std::string text(local);
  if (text[10] == 't' || text[10] == ' ') text[10] = 'T';
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  Time time;
  stream >> date::parse("%FT%T", time);
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return time - *offset;
}

}  // namespace

Result<Time> parseTime(std::string_view text) {
  if (const auto time = parseUnixSeconds(text)) return *time;
  if (const auto time = parseRfc3339(text)) return *time;
  return invalid("'" + std::string(text) + "' is no time: write RFC 3339 (2026-11-23T18:00:00Z) or Unix seconds");
}

std::optional<Duration> parseDelay(double seconds) {
  if (!(seconds >= 0 && seconds <= kMostSeconds)) return std::nullopt;
  return durationFromSeconds(seconds);
}

}  // namespace leptir
