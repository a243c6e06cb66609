// FleetStore: what instances and commands share through a store.
#include <gmock/gmock.h>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

using testing::ElementsAre;

class FleetConformance : public BrokerConformance {
 protected:
  FleetStore& fleet() { return *broker_->fleet(); }
  void put(std::string_view key, std::string_view value, std::optional<Duration> lifetime = {}) {
    must(fleet().put(key, value, lifetime));
  }
  std::string get(std::string_view key) { return must(fleet().get(key)); }
  bool isThere(std::string_view key) {
    const auto found = fleet().get(key);
    if (!found) {
      EXPECT_EQ(found.error().code(), ErrorCode::NotFound);
    }
    return found.has_value();
  }
  Ids keys(std::string_view prefix, std::string_view after = {}, std::size_t limit = 100) {
    Ids keys;
    for (const auto& entry : must(fleet().list(prefix, after, limit))) keys.push_back(entry.key);
    return keys;
  }
  std::uint64_t version() { return must(fleet().version()); }
};

LEPTIR_CONFORMANCE_GROUP_ON(Fleet, FleetConformance, backendsWhere(&BrokerTraits::keepsFleet));

TEST_P(Fleet, GivesBackWhatWasPut) {
  put("a", "one");
  put("b", "\"quoted\" \\ žába\n\t");
  put("c", "");
  EXPECT_EQ(get("a"), "one");
  EXPECT_EQ(get("b"), "\"quoted\" \\ žába\n\t");
  EXPECT_EQ(get("c"), "");
}

TEST_P(Fleet, ALaterPutReplacesAnEarlierOne) {
  put("a", "one");
  put("a", "two");
  EXPECT_EQ(get("a"), "two");
  EXPECT_THAT(keys(""), ElementsAre("a"));
}

TEST_P(Fleet, AnswersNotFoundForATextThatIsNotThere) {
  EXPECT_EQ(codeOf(fleet().get("nothing")), ErrorCode::NotFound);
}

TEST_P(Fleet, AllConnectionsShareTheTexts) {
  put("a", "one");
  const auto other = store_->openBroker();
  EXPECT_EQ(must(other->fleet()->get("a")), "one");
  must(other->fleet()->put("a", "two", {}));
  EXPECT_EQ(get("a"), "two");
}

TEST_P(Fleet, TextsOutliveTheConnection) {
  put("a", "one");
  broker_ = store_->openBroker();
  EXPECT_EQ(get("a"), "one");
}

TEST_P(Fleet, QueuesWithDifferentNamesShareNothing) {
  const auto other = store_->openOtherQueue();
  if (!other) {
    std::cout << "not tested: a store is one queue\n";
    return;
  }
  put("a", "one");
  EXPECT_EQ(codeOf(other->fleet()->get("a")), ErrorCode::NotFound);
  EXPECT_TRUE(must(other->fleet()->list("", "", 10)).empty());
  must(other->fleet()->put("a", "other", {}));
  EXPECT_EQ(get("a"), "one");
}

TEST_P(Fleet, ATextIsGoneAfterItsLifetime) {
  put("short", "s", 10s);
  put("long", "l", 1h);
  put("for ever", "e");
  store_->advance(9s);
  EXPECT_TRUE(isThere("short"));
  store_->advance(1s + 1ms);
  EXPECT_FALSE(isThere("short"));
  EXPECT_THAT(keys(""), ElementsAre("for ever", "long"));
  store_->advance(1h);
  EXPECT_THAT(keys(""), ElementsAre("for ever"));
}

TEST_P(Fleet, ALifetimeBeginsWithTheLastPut) {
  put("a", "one", 10s);
  store_->advance(6s);
  put("a", "two", 10s);
  store_->advance(6s);
  EXPECT_EQ(get("a"), "two");
  put("a", "three");
  store_->advance(1h);
  EXPECT_EQ(get("a"), "three") << "the last put gave it no end";
  put("a", "four", 10s);
  store_->advance(11s);
  EXPECT_FALSE(isThere("a"));
}

TEST_P(Fleet, PutIfAbsentStoresOnlyWhereThereIsNone) {
  EXPECT_TRUE(must(fleet().putIfAbsent("a", "one", {})));
  EXPECT_FALSE(must(fleet().putIfAbsent("a", "two", {})));
  EXPECT_EQ(get("a"), "one");
}

TEST_P(Fleet, PutIfAbsentStoresWhereALifetimeIsOver) {
  EXPECT_TRUE(must(fleet().putIfAbsent("a", "one", 10s)));
  EXPECT_FALSE(must(fleet().putIfAbsent("a", "two", 10s)));
  store_->advance(11s);
  EXPECT_TRUE(must(fleet().putIfAbsent("a", "three", 10s)));
  EXPECT_EQ(get("a"), "three");
  store_->advance(11s);
  EXPECT_FALSE(isThere("a"));
}

TEST_P(Fleet, EraseRemovesATextAndSaysWhetherItWasThere) {
  put("a", "one");
  EXPECT_TRUE(must(fleet().erase("a")));
  EXPECT_FALSE(isThere("a"));
  EXPECT_FALSE(must(fleet().erase("a")));
  put("b", "one", 10s);
  store_->advance(11s);
  EXPECT_FALSE(must(fleet().erase("b")));
}

TEST_P(Fleet, ListsTheTextsWhoseKeysBeginSoInTheOrderOfTheirBytes) {
  for (const auto* key : {"b/2", "b/10", "b/1", "a", "b", "B/1", "b/~", "b/ ", "b0", "b%", "b_", "b*"}) put(key, key);
  EXPECT_THAT(keys("b/"), ElementsAre("b/ ", "b/1", "b/10", "b/2", "b/~"));
  EXPECT_THAT(keys("b%"), ElementsAre("b%"));
  EXPECT_THAT(keys("b_"), ElementsAre("b_"));
  EXPECT_THAT(keys("b*"), ElementsAre("b*"));
  EXPECT_THAT(keys("c"), ElementsAre());
  EXPECT_EQ(keys("").size(), 12u);
  EXPECT_EQ(keys("").front(), "B/1");
  EXPECT_EQ(must(fleet().list("b/1", "", 1)), (std::vector<FleetEntry>{{"b/1", "b/1"}}));
}

TEST_P(Fleet, ListsTheTextsWhoseKeysAreGreaterThanTheLastOne) {
  for (const auto* key : {"a", "b/1", "b/2", "b/3", "c"}) put(key, "v");
  EXPECT_THAT(keys("b/", "b/1"), ElementsAre("b/2", "b/3"));
  EXPECT_THAT(keys("b/", "b/15"), ElementsAre("b/2", "b/3")) << "a key that is not there";
  EXPECT_THAT(keys("b/", "b/3"), ElementsAre());
  EXPECT_THAT(keys("b/", "a"), ElementsAre("b/1", "b/2", "b/3"));
  EXPECT_THAT(keys("", "b/2"), ElementsAre("b/3", "c"));
}

TEST_P(Fleet, ListsAtMostTheLimit) {
  for (const auto* key : {"a/1", "a/2", "a/3"}) put(key, "v");
  EXPECT_THAT(keys("a/", "", 2), ElementsAre("a/1", "a/2"));
  EXPECT_THAT(keys("a/", "a/2", 2), ElementsAre("a/3"));
}

TEST_P(Fleet, ListsHundreds) {
  for (int i = 0; i < 300; ++i) put("many/" + std::to_string(1000 + i), "v", 1h);
  EXPECT_EQ(keys("many/", "", 1000).size(), 300u);
  EXPECT_EQ(keys("many/", "many/1249", 1000).size(), 50u);
}

TEST_P(Fleet, KeepsTheLongestKeysAndValues) {
  const std::string key(kMaxFleetKeyBytes, 'k'), value(kMaxFleetValueBytes, 'v');
  put(key, value);
  EXPECT_EQ(get(key), value);
  EXPECT_EQ(must(fleet().list("k", "", 10)), (std::vector<FleetEntry>{{key, value}}));
}

TEST_P(Fleet, RefusesKeysAndValuesThatBreakTheRules) {
  const std::string longKey(kMaxFleetKeyBytes + 1, 'k'), longValue(kMaxFleetValueBytes + 1, 'v');
  for (const std::string_view key : {std::string_view(), std::string_view("a\n"), std::string_view("ž"),
                                     std::string_view("a\0b", 3), std::string_view(longKey)}) {
    EXPECT_EQ(codeOf(fleet().put(key, "v", {})), ErrorCode::Invalid) << key;
    EXPECT_EQ(codeOf(fleet().putIfAbsent(key, "v", {})), ErrorCode::Invalid) << key;
  }
  for (const std::string_view value : {std::string_view("\xff"), std::string_view(longValue)}) {
    EXPECT_EQ(codeOf(fleet().put("a", value, {})), ErrorCode::Invalid);
    EXPECT_EQ(codeOf(fleet().putIfAbsent("a", value, {})), ErrorCode::Invalid);
  }
  EXPECT_THAT(keys(""), ElementsAre());
}

TEST_P(Fleet, TheVersionChangesWithEachChangeOfAnOrderOrAPause) {
  auto last = version();
  const auto expectChange = [&](std::string_view what) {
    const auto now = version();
    EXPECT_NE(now, last) << what;
    last = now;
  };
  for (const std::string prefix : {"orders/", "pauses/"}) {
    put(prefix + "a", "one");
    expectChange("put");
    put(prefix + "a", "two", 1h);
    expectChange("put again");
    must(fleet().putIfAbsent(prefix + "b", "one", {}));
    expectChange("putIfAbsent");
    must(fleet().erase(prefix + "a"));
    expectChange("erase");
  }
}

TEST_P(Fleet, TheVersionChangesForAllConnections) {
  const auto other = store_->openBroker();
  const auto before = must(other->fleet()->version());
  EXPECT_EQ(before, version());
  put("pauses/queue", "v");
  EXPECT_NE(must(other->fleet()->version()), before);
  EXPECT_EQ(must(other->fleet()->version()), version());
}

TEST_P(Fleet, TheVersionStaysWithoutAChange) {
  put("pauses/queue", "v");
  const auto before = version();
  get("pauses/queue");
  keys("");
  must(fleet().putIfAbsent("pauses/queue", "v", {}));
  must(fleet().erase("pauses/none"));
  store_->advance(1s);
  EXPECT_EQ(version(), before);
}

TEST_P(Fleet, TextsAreNoTasks) {
  put("orders/a", "v");
  put("instances/b", "v", 1h);
  EXPECT_EQ(counts(), TaskCounts{});
  const auto session = openSession('a');
  EXPECT_TRUE(pop(*session).empty());
}

}  // namespace
}  // namespace leptir::conformance
