// Saturating arithmetic for times and counters that come from outside (an envelope, a store, a configuration, a command
// line, a task, memory that a worker can write): a result that does not fit becomes the smallest or largest value of
// its type. Signed overflow would be undefined behaviour, and in practice would turn "never" into "at once".
#pragma once

#include <concepts>
#include <limits>
#include <utility>

#include "leptir/clock.h"

namespace leptir::base {

template <std::integral Number>
constexpr Number saturatedAdd(Number a, Number b) {
  Number sum{};
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < Number{} ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

template <std::integral Number>
constexpr Number saturatedSubtract(Number a, Number b) {
  Number difference{};
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

template <std::integral Number>
constexpr Number saturatedMultiply(Number a, Number b) {
  Number product{};
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  const bool negative = (a < Number{}) != (b < Number{});
  return negative ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
}

// Converts to `To`; a value that does not fit becomes the nearest limit of `To`.
template <std::integral To, std::integral From>
constexpr To saturatedCast(From value) {
  if (std::cmp_less(value, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  if (std::cmp_greater(value, std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

// Adds one; a counter at its maximum stays there.
template <std::unsigned_integral Counter>
constexpr void incrementSaturated(Counter& counter) {
  counter = saturatedAdd(counter, Counter{1});
}

constexpr Duration saturatedAdd(Duration a, Duration b) {
  return Duration(saturatedAdd(a.count(), b.count()));
}
constexpr Duration saturatedSubtract(Duration a, Duration b) {
  return Duration(saturatedSubtract(a.count(), b.count()));
}
constexpr Duration saturatedMultiply(Duration a, Duration::rep times) {
  return Duration(saturatedMultiply(a.count(), times));
}

// For Time and BootTime.
template <class Clock>
using TimeOf = std::chrono::time_point<Clock, Duration>;

template <class Clock>
constexpr TimeOf<Clock> saturatedAdd(TimeOf<Clock> time, Duration by) {
  return TimeOf<Clock>(saturatedAdd(time.time_since_epoch(), by));
}
template <class Clock>
constexpr TimeOf<Clock> saturatedSubtract(TimeOf<Clock> time, Duration by) {
  return TimeOf<Clock>(saturatedSubtract(time.time_since_epoch(), by));
}
template <class Clock>
constexpr Duration saturatedSubtract(TimeOf<Clock> later, TimeOf<Clock> earlier) {
  return saturatedSubtract(later.time_since_epoch(), earlier.time_since_epoch());
}

constexpr Duration durationFromWholeSeconds(std::int64_t seconds) {
  return saturatedMultiply(Duration(std::chrono::seconds(1)), seconds);
}

// Cut to microseconds. Not a number: zero.
constexpr Duration durationFromSeconds(double seconds) {
  constexpr double kBeyond = 9223372036854.775;  // slightly less than 2^63 microseconds
  if (seconds >= kBeyond) return Duration::max();
  if (seconds <= -kBeyond) return Duration::min();
  return seconds == seconds ? Duration(static_cast<Duration::rep>(seconds * 1e6)) : Duration::zero();
}

}  // namespace leptir::base
