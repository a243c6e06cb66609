#include "fleet/pause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "backends/memory/memory_fleet.h"
#include "fleet/fleet_fixture.h"

namespace leptir::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Pause pauseOfName(const std::string& name) {
  return {.name = name, .by = "ann@host", .since = kActedAt};
}

FleetEntry entryOf(const Pause& pause) {
  return {keyOf(pause), textOf(pause)};
}

TEST(PauseTest, APauseIsReadAsItWasWritten) {
  for (const auto* name : {"", "sendMail", "App\\Mail", "größe", "a/b c%d"}) {
    EXPECT_EQ(pauseOf(entryOf(pauseOfName(name))), pauseOfName(name)) << name;
  }
}

TEST(PauseTest, KeysAreThoseThatTheHeaderNames) {
  EXPECT_EQ(keyOf(pauseOfName("")), "pauses/queue");
  EXPECT_EQ(keyOf(pauseOfName("send-Mail_2.x")), "pauses/name/send-Mail_2.x");
  EXPECT_EQ(keyOf(pauseOfName("App\\Mail ü~")), "pauses/name/App%5CMail%20%C3%BC%7E");
  EXPECT_EQ(keyOf(pauseOfName("queue")), "pauses/name/queue");
}

TEST(PauseTest, LongNamesHaveDifferentKeysThatFit) {
  std::set<std::string> keys;
  for (const char last : {'a', 'b', '\\'}) {
    for (const auto& rest : {std::string(254, 'n'), std::string(254, '\\'), "n" + std::string(253, '\\')}) {
      const auto pause = pauseOfName(rest + last);
      EXPECT_LE(keyOf(pause).size(), kMaxFleetKeyBytes);
      EXPECT_EQ(pauseOf(entryOf(pause)), pause);
      keys.insert(keyOf(pause));
    }
  }
  EXPECT_THAT(keys, SizeIs(9));
}

TEST(PauseTest, ALongNameIsCutBetweenCharacters) {
  const auto key = keyOf(pauseOfName(std::string(255, '\\')));
  const auto digest = key.find('~');
  ASSERT_NE(digest, std::string::npos);
  EXPECT_EQ(key.substr(digest - 3, 3), "%5C");
  EXPECT_EQ((digest - std::string("pauses/name/").size()) % 3, 0u);
}

TEST(PauseTest, TextsOfOtherProgramsPauseNothing) {
  for (const auto& text : textsOfOtherPrograms()) {
    EXPECT_EQ(pauseOf({"pauses/queue", text}), std::nullopt) << text.substr(0, 40);
  }
}

TEST(PauseTest, APauseWithAMissingOrUnfitMemberPausesNothing) {
  const auto entry = entryOf(pauseOfName("sendMail"));
  for (const auto& key : membersOf(entry)) EXPECT_EQ(pauseOf(without(entry, key)), std::nullopt) << key;
  for (const auto& value : unfitValues()) EXPECT_EQ(pauseOf(with(entry, "name", value)), std::nullopt) << value;
  for (const Json& value : {Json(7), Json(nullptr), Json::array()})
    EXPECT_EQ(pauseOf(with(entry, "by", value)), std::nullopt) << value;
}

TEST(PauseTest, APauseOfAnotherNameThanItsKeySaysPausesNothing) {
  EXPECT_EQ(pauseOf({keyOf(pauseOfName("a")), textOf(pauseOfName("b"))}), std::nullopt);
  EXPECT_EQ(pauseOf({keyOf(pauseOfName("")), textOf(pauseOfName("b"))}), std::nullopt);
  EXPECT_EQ(pauseOf({keyOf(pauseOfName("a")), textOf(pauseOfName(""))}), std::nullopt);
}

TEST(PauseTest, APauseOfANameThatNoTaskCanHavePausesNothing) {
  EXPECT_EQ(pauseOf(entryOf(pauseOfName("a\nb"))), std::nullopt);
  EXPECT_EQ(pauseOf(entryOf(pauseOfName(std::string(256, 'a')))), std::nullopt);
}

TEST(PauseTest, ControlCharactersOfAUserAreEscapedAndLongUsersAreCut) {
  auto pause = pauseOfName("a");
  pause.by = "\x1b[31mroot\n";
  EXPECT_EQ(pauseOf(entryOf(pause))->by, "\\x1b[31mroot\\n");
  pause.by = std::string(10'000, 'u');
  EXPECT_THAT(pauseOf(entryOf(pause))->by, SizeIs(255));
}

TEST(PauseTest, ATimeBeyondAllClocksIsTheNearestTime) {
  const auto entry = entryOf(pauseOfName("a"));
  EXPECT_EQ(pauseOf(with(entry, "since", 1e300))->since, timeFromUnixSeconds(1e300));
  EXPECT_EQ(pauseOf(with(entry, "since", UINT64_MAX))->since, timeFromUnixSeconds(1e300));
}

TEST(PausesInTest, AllPausesAreListedWithoutTheEntriesOfOtherPrograms) {
  memory::MemoryFleet store(systemClock());
  (void)store.put("pauses/other", "mine", {});
  (void)store.put("orders/other", textOf(pauseOfName("")), {});
  for (const auto* name : {"", "b", "a"}) (void)store.put(keyOf(pauseOfName(name)), textOf(pauseOfName(name)), {});
  EXPECT_THAT(pausesIn(store).value(), ElementsAre(pauseOfName("a"), pauseOfName("b"), pauseOfName("")));
}

TEST(PausesInTest, MorePausesThanAPageAreAllListed) {
  memory::MemoryFleet store(systemClock());
  for (int i = 0; i < 1'000; ++i) {
    const auto pause = pauseOfName("name" + std::to_string(i));
    (void)store.put(keyOf(pause), textOf(pause), {});
  }
  EXPECT_THAT(pausesIn(store).value(), SizeIs(1'000));
}

class FailingStore final : public memory::MemoryFleet {
 public:
  using MemoryFleet::MemoryFleet;
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override {
    if (failure) return *failure;
    return MemoryFleet::list(prefix, after, limit);
  }
  std::optional<Error> failure;
};

TEST(PausesInTest, AQueueWithoutPausesHasNoneAndAnErrorOfTheStoreIsReturned) {
  FailingStore store(systemClock());
  EXPECT_THAT(pausesIn(store).value(), IsEmpty());
  store.failure = Error(ErrorCode::Unavailable, "down");
  EXPECT_EQ(pausesIn(store).error(), *store.failure);
}

}  // namespace
}  // namespace leptir::fleet
