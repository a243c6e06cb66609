#include "meta/php_date.h"

#include <charconv>
#include <chrono>
#include <cstdint>

namespace leptir::meta {
namespace {

using namespace std::string_view_literals;

constexpr std::chrono::sys_days kFirstDay = std::chrono::January / 1 / std::chrono::year(0);
constexpr std::chrono::sys_days kDayAfterLast = std::chrono::January / 1 / std::chrono::year(10'000);

// Appends `before` and then `number` with exactly `count` digits, padded with zeros.
void appendDigits(std::string& text, char before, std::int64_t number, int count) {
  char digits[8];
  for (int i = count; i > 0; --i, number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  digits[0] = before;
  text.append(digits, static_cast<std::size_t>(count) + 1);
}

void appendDate(Time time, std::string& text) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  appendDigits(text, '"', static_cast<int>(date.year()), 4);
  appendDigits(text, '-', static_cast<unsigned>(date.month()), 2);
  appendDigits(text, '-', static_cast<unsigned>(date.day()), 2);
  appendDigits(text, ' ', clock.hours().count(), 2);
  appendDigits(text, ':', clock.minutes().count(), 2);
  appendDigits(text, ':', clock.seconds().count(), 2);
  appendDigits(text, '.', clock.subseconds().count(), 6);
  text += '"';
}

// The value of the `count` digits that begin at index `at`; 0 for other bytes.
int numberAt(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + count, number);
  return number;
}

}  // namespace

bool isPhpDate(Time time) {
  return time >= kFirstDay && time < kDayAfterLast;
}

void appendPhpDate(Time time, std::string& text) {
  text += R"({"date":)"sv;
  appendDate(time, text);
  text += R"(,"timezone_type":3,"timezone":"UTC"})"sv;
}

std::optional<Time> timeOfPhpDate(std::string_view date) {
  if (date.size() != "2026-11-23 16:25:49.667348"sv.size()) return {};
  const auto at = [date](std::size_t place, std::size_t count) { return numberAt(date, place, count); };
  const auto day = std::chrono::year(at(0, 4)) / at(5, 2) / at(8, 2);
  const auto clock = std::chrono::hours(at(11, 2)) + std::chrono::minutes(at(14, 2)) + std::chrono::seconds(at(17, 2));
  const Time time = std::chrono::sys_days(day) + clock + Duration(at(20, 6));
  if (!isPhpDate(time)) return {};
  std::string written;
  appendDate(time, written);
  if (written.substr(1, date.size()) != date) return {};  // other bytes, or no day of the calendar
  return time;
}

}  // namespace leptir::meta
