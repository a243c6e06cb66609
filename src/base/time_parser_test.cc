#include "base/time_parser.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace leptir::base {
namespace {

std::string read(std::string_view text) {
  const auto time = parseRfc3339(text);
  return time ? timeText(*time) : "none";
}

TEST(TimeParser, ReadsTimesOfRfc3339) {
  EXPECT_EQ(read("2026-11-30T10:15:00Z"), "2026-11-30T10:15:00Z");
  EXPECT_EQ(read("2026-11-30t10:15:00.123456789z"), "2026-11-30T10:15:00.123456Z");
  EXPECT_EQ(read("2026-11-30 10:15:00+01:30"), "2026-11-30T08:45:00Z");
  EXPECT_EQ(read("2026-11-30T10:15:00-0100"), "2026-11-30T11:15:00Z");
  EXPECT_EQ(read("2024-02-29T23:59:60Z"), "2024-03-01T00:00:00Z") << "a leap second";
}

TEST(TimeParser, ReadsNothingElse) {
  for (const auto* text :
       {"", "Z", "2026-11-30", "2026-11-30T10:15:00", "2026-13-30T10:15:00Z", "2025-02-29T10:15:00Z",
        "2026-11-30T24:15:00Z", "2026-11-30T10:15:00.Z", "2026-11-30T10:15:00,5Z", "-026-11-30T10:15:00Z",
        "2026-11-30T10:15:00Zx", "2026-11-30T10:15:00+99:00", "Mon, 30 Nov 2026 10:15:00 GMT"})
    EXPECT_EQ(read(text), "none") << text;
}

}  // namespace
}  // namespace leptir::base
