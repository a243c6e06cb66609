#include "leptir/meta_storage.h"

#include <gtest/gtest.h>

#include <set>

#include "leptir/spi/simple_meta_storage.h"

namespace leptir::meta {
namespace {

// The contents of a store and how it behaves; it outlives the objects that are opened on it.
struct Store {
  std::set<std::string> ids{};
  bool down = false;
  bool missing = false;
  bool lists = true;
  bool listsSuccesses = true;
  int opened = 0;
};

class RecordingStorage final : public SimpleMetaStorage {
 public:
  explicit RecordingStorage(Store& store) : store_(store) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    if (store_.down) return unavailable();
    for (const auto& record : records) store_.ids.insert(record.id);
    return {};
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    if (store_.down) return unavailable();
    if (!store_.ids.contains(std::string(id))) return Error(ErrorCode::NotFound, "none");
    return Json{{"id", id}};
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter&, Page) override {
    if (store_.down) return unavailable();
    return std::vector<Json>(store_.ids.begin(), store_.ids.end());
  }
  Result<std::size_t> expire() override { return 0; }
  MetaTraits traits() const override { return {.lists = store_.lists, .listsSuccesses = store_.listsSuccesses}; }

  static Error unavailable() { return Error(ErrorCode::Unavailable, "connection refused"); }

 private:
  Store& store_;
};

Result<std::unique_ptr<SimpleMetaStorage>> open(Store& store) {
  ++store.opened;
  if (store.missing) return Error(ErrorCode::NotFound, "no such file");
  if (store.down) return RecordingStorage::unavailable();
  return std::make_unique<RecordingStorage>(store);
}

class MetaStorageTest : public testing::Test {
 protected:
  Result<void> save(std::string id) {
    MetaInfo record;
    record.id = std::move(id);
    return storage_.saveMetaInfo({&record, 1});
  }

  Store first_, second_;
  MetaStorage storage_{{{.name = "first", .open = [this] { return open(first_); }},
                        {.name = "second", .open = [this] { return open(second_); }}}};
};

TEST_F(MetaStorageTest, OpensAStoreAtTheFirstCallThatNeedsIt) {
  first_.ids.insert("t");
  EXPECT_EQ(first_.opened, 0);
  ASSERT_TRUE(storage_.loadMetaInfoById("t"));
  ASSERT_TRUE(storage_.loadMetaInfoById("t"));
  EXPECT_EQ(first_.opened, 1);
  EXPECT_EQ(second_.opened, 0) << "the first storage had the record";
}

TEST_F(MetaStorageTest, OpensAStoreAgainThatHasFailed) {
  ASSERT_TRUE(save("t"));
  first_.down = true;
  EXPECT_FALSE(save("u"));
  EXPECT_FALSE(save("u"));
  first_.down = false;
  EXPECT_TRUE(save("u"));
  EXPECT_EQ(first_.opened, 3);
  EXPECT_EQ(second_.opened, 1);
}

TEST_F(MetaStorageTest, GivesAccessToEachStoreByItsIndex) {
  second_.ids.insert("t");
  ASSERT_EQ(storage_.size(), 2u);
  EXPECT_EQ(storage_.name(1), "second");
  const auto store = storage_.access(1);
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->loadMetaInfoById("t"));
  first_.down = true;
  EXPECT_EQ(storage_.access(0).error(), Error(ErrorCode::Unavailable, "meta storage first: connection refused"));
}

TEST_F(MetaStorageTest, SavesIntoEachStorage) {
  ASSERT_TRUE(save("t"));
  EXPECT_TRUE(first_.ids.contains("t"));
  EXPECT_TRUE(second_.ids.contains("t"));
}

TEST_F(MetaStorageTest, SavesIntoTheOthersWhenOneIsDownAndNamesIt) {
  first_.down = true;
  const auto answer = save("t");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "meta storage first: connection refused");
  EXPECT_TRUE(second_.ids.contains("t"));
}

TEST_F(MetaStorageTest, LoadsFromTheFirstStorageThatHasTheRecord) {
  second_.ids.insert("t");
  EXPECT_EQ(storage_.loadMetaInfoById("t")->at("id"), "t");
}

TEST_F(MetaStorageTest, LoadsFromTheOthersWhenOneIsDown) {
  first_.down = true;
  second_.ids.insert("t");
  EXPECT_TRUE(storage_.loadMetaInfoById("t"));
  EXPECT_EQ(storage_.loadMetaInfoById("u").error().code(), ErrorCode::NotFound);
}

TEST_F(MetaStorageTest, LoadingFailsOnlyWhenNoStorageAnswers) {
  first_.down = second_.down = true;
  EXPECT_EQ(storage_.loadMetaInfoById("t").error().code(), ErrorCode::Unavailable);
}

TEST_F(MetaStorageTest, LoadsNoRecordFromAStoreThatDoesNotExist) {
  first_.missing = true;
  second_.ids.insert("t");
  EXPECT_TRUE(storage_.loadMetaInfoById("t"));
  second_.down = true;
  EXPECT_EQ(storage_.loadMetaInfoById("u").error().code(), ErrorCode::NotFound);
}

TEST_F(MetaStorageTest, ListsFromTheFirstStorageThatCanList) {
  first_.lists = false;
  second_.ids.insert("t");
  second_.listsSuccesses = false;
  const auto listing = storage_.listMetaInfo({}, {});
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->records.size(), 1u);
  EXPECT_FALSE(listing->listsSuccesses);
  second_.lists = false;
  EXPECT_EQ(storage_.listMetaInfo({}, {}).error().code(), ErrorCode::Unsupported);
}

TEST_F(MetaStorageTest, ListsFromAnotherStorageThanOneThatIsDownOrMissing) {
  second_.ids.insert("t");
  first_.down = true;
  EXPECT_EQ(storage_.listMetaInfo({}, {})->records.size(), 1u);
  first_ = {.missing = true};
  EXPECT_EQ(storage_.listMetaInfo({}, {})->records.size(), 1u);
}

TEST_F(MetaStorageTest, SaysThatNoStorageExistsOnlyIfNoneDoes) {
  first_.missing = second_.missing = true;
  EXPECT_EQ(storage_.listMetaInfo({}, {}).error(), Error(ErrorCode::NotFound, "meta storage second: no such file"));
  second_ = {.down = true};
  EXPECT_EQ(storage_.listMetaInfo({}, {}).error().code(), ErrorCode::Unavailable);
  second_ = {.lists = false};
  EXPECT_EQ(storage_.listMetaInfo({}, {}).error().code(), ErrorCode::Unsupported);
}

}  // namespace
}  // namespace leptir::meta
