// SimpleMetaStorage::listRecords.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<BackendUnderTest> storesThatListByCursor() {
  auto stores = recordStoresUnderTest();
  std::erase_if(stores, [](const auto& store) { return !store.metaTraits.listsByCursor; });
  return stores;
}

class RecordsListConformance : public ::testing::TestWithParam<BackendUnderTest> {
 protected:
  // A record of a task that failed, so that every store lists it.
  static MetaInfo record(std::string id, std::uint64_t lease = 1) {
    MetaInfo info;
    info.id = std::move(id);
    info.lease = lease;
    info.returnCode = ExitStatus::Error;
    info.type = "Test";
    info.cause = "threw";
    return info;
  }
  void save(const std::vector<MetaInfo>& records) { must(storage_->saveMetaInfo(records)); }
  // One record after another, a millisecond apart.
  void saveEach(const Ids& ids) {
    for (const auto& id : ids) {
      save({record(id)});
      store_->advance(1ms);
    }
  }
  RecordList page(const MetaFilter& filter = {}, std::string_view cursor = {}, std::size_t limit = 1000) {
    return must(storage_->listRecords(filter, cursor, limit));
  }
  // The ids on all pages, each with at most `limit` records.
  Ids ids(const MetaFilter& filter = {}, std::size_t limit = 1000) {
    Ids ids;
    std::string cursor;
    do {
      const auto next = page(filter, cursor, limit);
      EXPECT_LE(next.records.size(), limit);
      for (const auto& each : next.records) ids.push_back(each.at("id"));
      cursor = next.cursor;
    } while (!cursor.empty());
    return ids;
  }
  static Ids idsOf(const RecordList& page) {
    Ids ids;
    for (const auto& each : page.records) ids.push_back(each.at("id"));
    return ids;
  }

  std::unique_ptr<StoreUnderTest> store_ = GetParam().open(ClockKind::Manual);
  std::unique_ptr<SimpleMetaStorage> storage_ = store_->openMetaStorage(1h);
};

LEPTIR_CONFORMANCE_GROUP_ON(RecordsList, RecordsListConformance, storesThatListByCursor());

TEST_P(RecordsList, ListsTheNewestFirst) {
  saveEach({"a", "b", "c"});
  save({record("a", 2)});
  EXPECT_THAT(ids(), ElementsAre("a", "c", "b"));
}

TEST_P(RecordsList, ListsWhatWasSaved) {
  auto info = record("t");
  info.response = "č \"quoted\"";
  save({info});
  std::string text;
  writeMetaInfo(info, text);
  const auto listed = page().records;
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0], Json::parse(text));
}

TEST_P(RecordsList, AnEmptyStoreHasOneEmptyPage) {
  const auto only = page();
  EXPECT_TRUE(only.records.empty());
  EXPECT_EQ(only.cursor, "");
}

TEST_P(RecordsList, GoesOnBehindTheCursorWhateverTheLimit) {
  saveEach({"1", "2", "3", "4", "5", "6", "7"});
  for (const std::size_t limit : {1, 2, 3, 6, 7, 8})
    EXPECT_THAT(ids({}, limit), ElementsAre("7", "6", "5", "4", "3", "2", "1")) << limit;
  EXPECT_EQ(page({}, {}, 3).records.size(), 3u);
}

TEST_P(RecordsList, GoesOnBehindTheCursorAmongRecordsOfOneCall) {
  std::vector<MetaInfo> many;
  for (int i = 0; i < 25; ++i) many.push_back(record("t" + std::to_string(i)));
  save(many);
  const auto listed = ids({}, 3);
  EXPECT_EQ(listed.size(), 25u);
  EXPECT_EQ(std::set(listed.begin(), listed.end()).size(), 25u);
}

TEST_P(RecordsList, ListsTheEarliestFirstWhereThatIsAsked) {
  if (!GetParam().metaTraits.listsEarliestFirst) return;  // this store lists its records with the newest first only
  saveEach({"1", "2", "3", "4", "5"});
  const auto before = store_->now();
  saveEach({"6", "7"});
  const auto earliest = ListOrder::EarliestFirst;
  for (const std::size_t limit : {1, 2, 3, 6, 7, 8})
    EXPECT_THAT(ids({.order = earliest}, limit), ElementsAre("1", "2", "3", "4", "5", "6", "7")) << limit;
  EXPECT_THAT(ids({.savedBefore = before, .order = earliest}, 2), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(ids({.savedFrom = before, .order = earliest}, 1), ElementsAre("6", "7"));
  EXPECT_THAT(ids({.idPrefix = "3", .order = earliest}), ElementsAre("3"));
}

TEST_P(RecordsList, WithTheEarliestFirstItGoesOnBehindTheCursorAmongRecordsOfOneCall) {
  if (!GetParam().metaTraits.listsEarliestFirst) return;  // this store lists its records with the newest first only
  std::vector<MetaInfo> many;
  for (int i = 0; i < 25; ++i) many.push_back(record("t" + std::to_string(i)));
  save(many);
  auto listed = ids({.order = ListOrder::EarliestFirst}, 3);
  std::ranges::reverse(listed);
  EXPECT_EQ(listed, ids({}, 1000));
}

TEST_P(RecordsList, CountsTheRecordsThatItComparedWithTheFilter) {
  saveEach({"a", "b"});
  EXPECT_GE(page().examined, 2u);
  EXPECT_LE(page({.name = "Other"}).examined, 2u);
}

TEST_P(RecordsList, ARecordThatIsNotSavedAgainIsListedOnceWhileOthersAre) {
  Ids first;
  for (int i = 0; i < 20; ++i) first.push_back("t" + std::to_string(i));
  saveEach(first);
  Ids listed;
  std::string cursor;
  int round = 0;
  do {
    const auto next = page({}, cursor, 2);
    for (const auto& each : next.records) listed.push_back(each.at("id"));
    cursor = next.cursor;
    saveEach({"new" + std::to_string(round)});
    if (round < 5) save({record("t" + std::to_string(round), 2), record("t" + std::to_string(19 - round), 2)});
    store_->advance(1ms);
    ++round;
    ASSERT_LT(round, 100);
  } while (!cursor.empty());
  for (int i = 5; i < 15; ++i) EXPECT_EQ(std::ranges::count(listed, "t" + std::to_string(i)), 1) << i;
}

TEST_P(RecordsList, ListsTheRecordsOfOneName) {
  auto other = record("other"), path = record("path");
  other.type = "App\\Other";
  path.type = "žába/\"quoted\"";
  auto mentions = record("mentions");
  mentions.response = R"("type":"App\\Other")";
  save({record("plain"), other, path, mentions});
  EXPECT_THAT(ids({.name = "App\\Other"}), ElementsAre("other"));
  EXPECT_THAT(ids({.name = "žába/\"quoted\""}), ElementsAre("path"));
  EXPECT_THAT(ids({.name = "Tes"}), ElementsAre());
  EXPECT_THAT(ids({.name = "Test"}, 1), UnorderedElementsAre("plain", "mentions"));
}

TEST_P(RecordsList, ListsTheRecordsOfOneCause) {
  auto killed = record("killed"), none = record("none"), mentions = record("mentions");
  killed.cause = "killed";
  none.cause = "";
  mentions.response = "killed";
  save({killed, none, mentions});
  EXPECT_THAT(ids({.cause = "killed"}), ElementsAre("killed"));
  EXPECT_THAT(ids({.cause = "threw"}), ElementsAre("mentions"));
}

TEST_P(RecordsList, ListsTheRecordsOfOneStatus) {
  auto running = record("running");
  running.step = MetaStep::Running;
  running.status = TaskStatus::InProgress;
  save({running, record("over")});
  EXPECT_THAT(ids({.status = TaskStatus::InProgress}), ElementsAre("running"));
  EXPECT_THAT(ids({.status = TaskStatus::Completed}), ElementsAre("over"));
}

TEST_P(RecordsList, ListsTheRecordsWhoseIdsBeginSo) {
  saveEach({"ab1", "a", "abc", "b", "AB1", "a%", "a_1", "a*"});
  EXPECT_THAT(ids({.idPrefix = "ab"}, 1), ElementsAre("abc", "ab1"));
  EXPECT_THAT(ids({.idPrefix = "ab1"}), ElementsAre("ab1"));
  EXPECT_THAT(ids({.idPrefix = "a%"}), ElementsAre("a%"));
  EXPECT_THAT(ids({.idPrefix = "a_"}), ElementsAre("a_1"));
  EXPECT_THAT(ids({.idPrefix = "a*"}), ElementsAre("a*"));
  EXPECT_THAT(ids({.idPrefix = "none"}), ElementsAre());
}

TEST_P(RecordsList, ListsTheRecordsThatWereSavedFromOneTimeToBeforeAnother) {
  Time saved[4];
  for (int i = 0; i < 4; ++i) {
    store_->advance(10s);
    saved[i] = store_->now();
    save({record("t" + std::to_string(i))});
    store_->advance(1s);
  }
  EXPECT_THAT(ids({.savedFrom = saved[2]}, 1), ElementsAre("t3", "t2"));
  EXPECT_THAT(ids({.savedBefore = saved[2]}, 1), ElementsAre("t1", "t0"));
  EXPECT_THAT(ids({.savedFrom = saved[1], .savedBefore = saved[3]}, 1), ElementsAre("t2", "t1"));
  EXPECT_THAT(ids({.savedFrom = store_->now()}), ElementsAre());
}

TEST_P(RecordsList, EachFieldOfAFilterMustMatch) {
  auto other = record("other");
  other.type = "Other";
  save({record("one"), other});
  EXPECT_THAT(ids({.name = "Other", .cause = "threw", .idPrefix = "o"}), ElementsAre("other"));
  EXPECT_THAT(ids({.name = "Other", .cause = "killed", .idPrefix = "o"}), ElementsAre());
  EXPECT_THAT(ids({.name = "Other", .idPrefix = "one"}), ElementsAre());
}

TEST_P(RecordsList, ListsNoRecordThatHasExpired) {
  saveEach({"old"});
  store_->advance(50min);
  saveEach({"new"});
  store_->advance(11min);
  EXPECT_THAT(ids(), ElementsAre("new"));
}

TEST_P(RecordsList, ListsSuccessesIfItsTraitsSaySo) {
  auto success = record("well");
  success.returnCode = ExitStatus::Success;
  save({success, record("not")});
  EXPECT_EQ(ids().size(), GetParam().metaTraits.listsSuccesses ? 2u : 1u);
}

// An index of failures has the newest 10,000 records alone.
TEST_P(RecordsList, ComparesABoundedNumberOfRecordsInOneCall) {
  constexpr int kMany = kMaxRecordsExamined + 500;
  const int other = GetParam().metaTraits.listsSuccesses ? 0 : 1000;
  for (int saved = 0; saved < kMany; saved += 500) {
    std::vector<MetaInfo> some;
    for (int i = 0; i < 500; ++i) some.push_back(record("t" + std::to_string(saved + i)));
    if (saved == other) some[7].type = "Other";
    save(some);
    store_->advance(1ms);
  }
  Ids found;
  std::string cursor;
  do {
    const auto next = page({.name = "Other"}, cursor, 10);
    EXPECT_LE(next.examined, kMaxRecordsExamined);
    for (const auto& each : next.records) found.push_back(each.at("id"));
    cursor = next.cursor;
  } while (!cursor.empty());
  EXPECT_THAT(found, ElementsAre("t" + std::to_string(other + 7)));
}

TEST_P(RecordsList, APageOfLargeRecordsEndsEarly) {
  for (int i = 0; i < 20; ++i) {
    auto large = record("t" + std::to_string(i));
    large.response = std::string(1 << 20, 'x');
    save({large});
    store_->advance(1ms);
  }
  const auto first = page();
  EXPECT_LT(first.records.size(), 20u);
  EXPECT_EQ(first.records.size() + idsOf(page({}, first.cursor)).size(), 20u);
}

TEST_P(RecordsList, RefusesACursorThatNoCallReturned) {
  saveEach({"a", "b", "c"});
  for (const auto* cursor : {"nonsense", "0:1:2:3:4:5:6:7:8", " ", "\n", "-"})
    EXPECT_EQ(codeOf(storage_->listRecords({}, cursor, 1)), ErrorCode::Invalid) << cursor;
}

}  // namespace
}  // namespace leptir::conformance
