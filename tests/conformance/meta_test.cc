#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

class MetaConformance : public ::testing::TestWithParam<BackendUnderTest> {
 protected:
  void save(const std::vector<MetaInfo>& records) { must(storage_->saveMetaInfo(records)); }
  Json load(std::string_view id) { return must(storage_->loadMetaInfoById(id)); }
  Ids list(const MetaFilter& filter = {}, Page page = {}) {
    Ids ids;
    for (const auto& record : must(storage_->listMetaInfo(filter, page))) ids.push_back(record.at("id"));
    return ids;
  }

  std::unique_ptr<StoreUnderTest> store_ = GetParam().open(ClockKind::Manual);
  std::unique_ptr<SimpleMetaStorage> storage_ = store_->openMetaStorage(1h);
};

// A record of a task that failed, so that every store lists it.
MetaInfo record(std::string id, std::uint64_t lease = 1, MetaStep step = MetaStep::Settled, std::string response = "") {
  MetaInfo info;
  info.id = std::move(id);
  info.lease = lease;
  info.step = step;
  info.status = step == MetaStep::Running ? TaskStatus::InProgress : TaskStatus::Completed;
  info.returnCode = ExitStatus::Error;
  info.type = "Test";
  info.response = std::move(response);
  return info;
}

LEPTIR_CONFORMANCE_GROUP_ON(Meta, MetaConformance, recordStoresUnderTest());

TEST_P(Meta, LoadsARecordWithTheFieldsThatWereSaved) {
  auto info = record("t");
  info.response = "č \"quoted\" \xf0\x9f\xa6\x8b";
  info.executionTime = 0.25;
  info.additional = R"({"userId": 42})";
  save({info});
  std::string text;
  writeMetaInfo(info, text);
  EXPECT_EQ(load("t"), Json::parse(text));
}

TEST_P(Meta, AnswersNotFoundForATaskWithoutARecord) {
  EXPECT_EQ(codeOf(storage_->loadMetaInfoById("nobody")), ErrorCode::NotFound);
}

TEST_P(Meta, LoadsManyInTheOrderAsked) {
  std::vector<MetaInfo> some;
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.push_back("t" + std::to_string(i));
    if (i % 3 != 0) some.push_back(record(ids.back()));
  }
  save(some);
  std::ranges::reverse(ids);
  const auto loaded = must(storage_->loadMetaInfos(ids));
  ASSERT_EQ(loaded.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(loaded[i].has_value(), (99 - i) % 3 != 0) << ids[i];
    if (loaded[i]) {
      EXPECT_EQ(loaded[i]->at("id"), ids[i]);
    }
  }
  EXPECT_TRUE(must(storage_->loadMetaInfos({})).empty());
}

TEST_P(Meta, SavingAgainIsHarmless) {
  save({record("t", 5, MetaStep::Settled, "once")});
  save({record("t", 5, MetaStep::Settled, "once")});
  EXPECT_EQ(load("t").at("respM"), "once");
  EXPECT_EQ(list(), Ids{"t"});
}

TEST_P(Meta, ALaterStepOfOneLeaseReplacesTheRecord) {
  save({record("t", 5, MetaStep::Running)});
  EXPECT_EQ(load("t").at("status"), 2);
  save({record("t", 5, MetaStep::Settled)});
  EXPECT_EQ(load("t").at("status"), 3);
}

TEST_P(Meta, AnEarlierStepOfOneLeaseChangesNothing) {
  save({record("t", 5, MetaStep::Settled)});
  save({record("t", 5, MetaStep::Running)});
  EXPECT_EQ(load("t").at("status"), 3);
}

TEST_P(Meta, ALaterLeaseReplacesTheRecordWhateverItsStep) {
  save({record("t", 5, MetaStep::Settled, "first")});
  save({record("t", 6, MetaStep::Running, "second")});
  EXPECT_EQ(load("t").at("respM"), "second");
}

TEST_P(Meta, ALateWriterChangesNothingAndThatIsNoError) {
  save({record("t", 6, MetaStep::Settled, "new")});
  save({record("t", 5, MetaStep::Settled, "late")});
  EXPECT_EQ(load("t").at("respM"), "new");
}

TEST_P(Meta, SeveralRecordsOfOneTaskMayStandInOneCallInAnyOrder) {
  save({record("t", 6, MetaStep::Settled, "newest"), record("t", 5, MetaStep::Settled, "old"),
        record("t", 6, MetaStep::Running, "running")});
  EXPECT_EQ(load("t").at("respM"), "newest");
  save({record("u", 5), record("u", 6, MetaStep::Running), record("u", 6, MetaStep::Settled, "newest")});
  EXPECT_EQ(load("u").at("respM"), "newest");
}

TEST_P(Meta, SavesHundredsInOneCall) {
  std::vector<MetaInfo> many;
  for (int i = 0; i < 500; ++i)
    many.push_back(record("t" + std::to_string(i % 400), i + 1, MetaStep::Settled, std::to_string(i)));
  save(many);
  EXPECT_EQ(load("t99").at("respM"), "499");
  EXPECT_EQ(load("t100").at("respM"), "100");
  EXPECT_EQ(list({}, {0, 1000}).size(), 400u);
}

TEST_P(Meta, RecordsOutliveTheConnection) {
  save({record("t")});
  storage_ = store_->openMetaStorage(1h);
  EXPECT_EQ(load("t").at("id"), "t");
}

TEST_P(Meta, ListsTheNewestFirst) {
  save({record("a"), record("b")});
  save({record("c")});
  save({record("a", 2)});
  EXPECT_EQ(list(), (Ids{"a", "c", "b"}));
}

TEST_P(Meta, ListsPageByPage) {
  save({record("a"), record("b"), record("c")});
  EXPECT_EQ(list({}, {0, 2}), (Ids{"c", "b"}));
  EXPECT_EQ(list({}, {2, 2}), Ids{"a"});
  EXPECT_EQ(list({}, {3, 2}), Ids{});
}

TEST_P(Meta, ListsWhatTheFilterChooses) {
  auto threw = record("threw");
  threw.cause = "threw";
  auto other = record("other");
  other.type = "App\\Other";
  save({record("plain"), threw, other, record("running", 1, MetaStep::Running)});
  EXPECT_EQ(list({.cause = "threw"}), Ids{"threw"});
  EXPECT_EQ(list({.name = "App\\Other"}), Ids{"other"});
  EXPECT_EQ(list({.status = TaskStatus::InProgress}), Ids{"running"});
  EXPECT_EQ(list({.name = "Test", .status = TaskStatus::Completed}), (Ids{"threw", "plain"}));
}

TEST_P(Meta, ListsSuccessesIfItsTraitsSaySo) {
  auto success = record("well");
  success.returnCode = ExitStatus::Success;
  save({success, record("not")});
  EXPECT_EQ(list(), GetParam().metaTraits.listsSuccesses ? (Ids{"not", "well"}) : Ids{"not"});
  success.id = "not";
  success.lease = 2;
  save({success});
  EXPECT_EQ(list(), GetParam().metaTraits.listsSuccesses ? (Ids{"not", "well"}) : Ids{});
}

TEST_P(Meta, AnExpiredRecordIsNotFoundNorListed) {
  save({record("t")});
  store_->advance(59min);
  EXPECT_TRUE(storage_->loadMetaInfoById("t"));
  store_->advance(1min);
  EXPECT_EQ(codeOf(storage_->loadMetaInfoById("t")), ErrorCode::NotFound);
  EXPECT_EQ(list(), Ids{});
}

TEST_P(Meta, ExpireRemovesUntilItAnswersZero) {
  save({record("a"), record("b")});
  store_->advance(30min);
  save({record("c")});
  store_->advance(31min);
  std::size_t removed = 0;
  while (const auto now = must(storage_->expire())) removed += now;
  EXPECT_EQ(removed, GetParam().metaTraits.expiresByItself ? 0u : 2u);
  EXPECT_EQ(list(), Ids{"c"});
}

TEST_P(Meta, RecordsStayForEverWithoutAnExpiry) {
  storage_ = store_->openMetaStorage({});
  save({record("t")});
  store_->advance(24h * 365 * 20);
  EXPECT_EQ(must(storage_->expire()), 0u);
  EXPECT_TRUE(storage_->loadMetaInfoById("t"));
}

TEST_P(Meta, ListsByCursorIfItsTraitsSaySo) {
  const auto listed = storage_->listRecords({}, "", 10);
  EXPECT_EQ(listed.has_value(), GetParam().metaTraits.listsByCursor);
  EXPECT_TRUE(listed || listed.error().code() == ErrorCode::Unsupported);
}

TEST_P(Meta, TraitsAreThoseInBackendsUnderTest) {
  const auto traits = storage_->traits();
  const auto& wanted = GetParam().metaTraits;
  EXPECT_EQ(traits.lists, wanted.lists);
  EXPECT_EQ(traits.listsSuccesses, wanted.listsSuccesses);
  EXPECT_EQ(traits.listsByCursor, wanted.listsByCursor);
  EXPECT_EQ(traits.listsEarliestFirst, wanted.listsEarliestFirst);
  EXPECT_EQ(traits.expiresByItself, wanted.expiresByItself);
  EXPECT_FALSE(traits.durability.empty());
}

}  // namespace
}  // namespace leptir::conformance
