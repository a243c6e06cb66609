#include "base/duration_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace leptir::base {
namespace {

constexpr double kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;

std::string inTwoUnits(double seconds, double large, const char* largeUnit, double small, const char* smallUnit) {
  const auto whole = std::llround(seconds / small);
  const auto ratio = std::llround(large / small);
  return fmt::format("{} {} {} {}", whole / ratio, largeUnit, whole % ratio, smallUnit);
}

}  // namespace

// Each threshold lies where rounding would reach the next unit: 59.97 s is printed as 1 min 0 s.
std::string durationText(double seconds) {
  if (!(seconds < 1e11)) return "very long";  // more than 3000 years, or NaN
  if (seconds < 0) return "-" + durationText(-seconds);
  if (seconds < 0.9995) return fmt::format("{:.3g} ms", seconds * 1000);
  if (seconds < kMinute - 0.05) return fmt::format("{:.1f} s", seconds);
  if (seconds < kHour - 0.5) return inTwoUnits(seconds, kMinute, "min", 1, "s");
  if (seconds < kDay - kMinute / 2) return inTwoUnits(seconds, kHour, "h", kMinute, "min");
  return inTwoUnits(seconds, kDay, "d", kHour, "h");
}

std::string durationText(Duration duration) {
  return durationText(std::chrono::duration<double>(duration).count());
}

}  // namespace leptir::base
