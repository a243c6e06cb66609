#include "fleet/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/fleet_fixture.h"

namespace leptir::fleet {
namespace {

const AuditEntry kEntry{.at = Time(std::chrono::microseconds(1'700'000'000'250'000)),
                        .by = "ann@host",
                        .action = "revive",
                        .on = "name sendMail",
                        .changed = 12'345'678'901,
                        .outcome = "stopped after 12345678901: the store is down"};

FleetEntry entryOf(const AuditEntry& entry) {
  return {keyOf(entry, 0xabc), textOf(entry)};
}

TEST(AuditTest, AnEntryIsReadAsItWasWritten) {
  EXPECT_EQ(auditEntryOf(entryOf(kEntry)), kEntry);
}

TEST(AuditTest, TheNewestEntryHasTheFirstKey) {
  auto later = kEntry;
  EXPECT_EQ(keyOf(kEntry, 0xabc), "audit/8299999999749999-00000abc");
  later.at += std::chrono::microseconds(1);
  EXPECT_LT(keyOf(later, UINT32_MAX), keyOf(kEntry, 0));
}

TEST(AuditTest, TimesBeyondTheKeyAreTheNearestThatItCanHave) {
  auto entry = kEntry;
  entry.at = Time::max();
  EXPECT_EQ(keyOf(entry, 0), "audit/0000000000000000-00000000");
  entry.at = Time::min();
  EXPECT_EQ(keyOf(entry, 0), "audit/9999999999999999-00000000");
}

TEST(AuditTest, TextsOfOtherProgramsAreNoEntries) {
  for (const auto& text : textsOfOtherPrograms())
    EXPECT_EQ(auditEntryOf({keyOf(kEntry, 1), text}), std::nullopt) << text.substr(0, 40);
  EXPECT_EQ(auditEntryOf({"orders/x", textOf(kEntry)}), std::nullopt);
}

TEST(AuditTest, AnEntryWithAMissingMemberIsNone) {
  const auto entry = entryOf(kEntry);
  for (const auto& key : membersOf(entry)) EXPECT_EQ(auditEntryOf(without(entry, key)), std::nullopt) << key;
  for (const Json& value : {Json(-1), Json(0.5), Json("7"), Json()})
    EXPECT_EQ(auditEntryOf(with(entry, "changed", value)), std::nullopt) << value;
}

TEST(AuditTest, LongTextsAreCutSoThatEveryEntryFits) {
  auto entry = kEntry;
  const std::string endless(1'000'000, '\x01');
  entry.by = entry.action = entry.on = entry.outcome = endless;
  EXPECT_LE(textOf(entry).size(), kMaxFleetValueBytes);
  const auto read = auditEntryOf(entryOf(entry));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->by.substr(0, 8), "\\x01\\x01");
}

TEST(AuditTest, TextThatIsNoUtf8IsReplaced) {
  auto entry = kEntry;
  entry.on = "\xff\xfe";
  const auto read = auditEntryOf(entryOf(entry));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->on, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace leptir::fleet
