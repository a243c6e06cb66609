#include "cli/time_words.h"

#include <optional>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "base/time_text.h"
#include "cli/number_of.h"
#include "cli/push_error.h"
#include "cli/push_time.h"

namespace leptir::cli {
namespace {

std::optional<double> secondsOfUnit(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    default:
      return std::nullopt;
  }
}

std::optional<Duration> parseAge(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto unit = secondsOfUnit(text.back());
  const auto number = numberOf<double>(text.substr(0, text.size() - 1));
  return unit && number ? parseDelay(*number * *unit) : std::nullopt;
}

}  // namespace

std::string absoluteTime(Time time) {
  if (time == Time()) return "-";
  auto text = base::timeText(std::chrono::floor<std::chrono::seconds>(time));
  text.pop_back();  // the Z
  text[text.find('T')] = ' ';
  return text;
}

std::string relativeTime(Time time, Time now) {
  if (time == Time()) return "-";
  return time <= now ? base::durationText(now - time) + " ago" : "in " + base::durationText(time - now);
}

std::string wholeTime(Time time, Time now) {
  return time == Time() ? "-" : absoluteTime(time) + " UTC (" + relativeTime(time, now) + ")";
}

Result<Time> parsePastTime(std::string_view text, Time now) {
  if (const auto age = parseAge(text)) return now - *age;
  auto time = parseTime(text);
  if (time) return time;
  return invalidInput(time.error().message() + ", or how long ago it was (90s, 10m, 2h, 7d)");
}

}  // namespace leptir::cli
