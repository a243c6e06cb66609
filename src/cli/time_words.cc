#include "cli/time_words.h"

#include "base/duration_text.h"
#include "base/time_text.h"

namespace leptir::cli {
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

}  // namespace leptir::cli
