#include "top/times.h"

#include <fmt/format.h>

#include "base/time_text.h"

namespace leptir::top {
std::string roundedDurationText(Duration duration) {
  using namespace std::chrono;
  if (duration < minutes(1)) return fmt::format("{} s", floor<seconds>(duration).count());
  if (duration < hours(1)) return fmt::format("{} min", floor<minutes>(duration).count());
  if (duration < days(2)) return fmt::format("{} h", floor<hours>(duration).count());
  return fmt::format("{} d", floor<days>(duration).count());
}

std::string relativeTimeText(Time time, Time now) {
  if (time == Time()) return "-";
  return time <= now ? roundedDurationText(now - time) + " ago" : "in " + roundedDurationText(time - now);
}

std::string dateAndTimeText(Time time) {
  if (time == Time()) return "-";
  auto text = base::timeText(std::chrono::floor<std::chrono::seconds>(time));
  text.pop_back();  // the Z
  text[text.find('T')] = ' ';
  return text;
}

std::string clockText(Time time) {
  const auto date = dateAndTimeText(time);
  return date.substr(std::min(date.find(' ') + 1, date.size()));
}

}  // namespace leptir::top
