// Reads the times and durations that a user gives to options. Every option of every command reads them here, and what
// tables print is accepted.
#pragma once

#include <string_view>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::cli {

// What help texts say of a time, and of a duration.
inline constexpr const char* kTimeHelp =
    "2026-11-23T18:00:00Z, 2026-11-23 18:00:00 (UTC), 2026-11-23, Unix seconds, now, today, tomorrow, +10m";
inline constexpr const char* kDurationHelp = "seconds, or 90s, 10m, 2h, 7d";

// A duration without a sign where a time is asked for ("10m").
enum class UnsignedDuration { IsAgo, IsRefused };

// "90" and "0.5" (seconds), "90s", "10m", "1.5h", "7d", "500ms", "1h30m", and as base::durationText writes it: "3 min
// 5 s". Invalid: the text is no such duration, or it is longer than 1e11 s.
Result<Duration> readDuration(std::string_view text);

// A time in one of these forms:
// - RFC 3339, and the same without an offset (then it is UTC), or as a date alone: that day at 00:00 UTC;
// - "now", "yesterday", "today" and "tomorrow" (at 00:00 UTC);
// - "+10m" and "in 10 m" from now, "-10m" and "10 m ago"; where `bare` says so, "10m" as well;
// - Unix seconds. Numbers within 1e8 of zero (before 1973) are refused: their unit is missing.
// Invalid: the text is none of them; the message says what is expected.
Result<Time> readTime(std::string_view text, Time now, UnsignedDuration bare);

// Sets when the task expires: `text` is a time as for readTime, or "+60" and "+10m" from the push on. Invalid: it is
// neither, or the duration is not above 0.
Result<void> setExpiry(std::string_view text, PushOptions& options);

}  // namespace leptir::cli
