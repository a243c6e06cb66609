#include "leptir/meta_storage.h"

#include <gtest/gtest.h>

#include <set>

namespace leptir::meta {
namespace {

// A store that remembers the ids of saved records, and can be made to fail or to support no listing.
class RecordingStorage final : public SimpleMetaStorage {
 public:
  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    if (down) return unavailable();
    for (const auto& record : records) ids.insert(record.id);
    return {};
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    if (down) return unavailable();
    if (!ids.contains(std::string(id))) return Error(ErrorCode::NotFound, "none");
    return Json{{"id", id}};
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter&, Page) override {
    if (down) return unavailable();
    return std::vector<Json>(ids.begin(), ids.end());
  }
  Result<std::size_t> expire() override { return 0; }
  MetaTraits traits() const override { return {.lists = lists}; }

  bool down = false;
  bool lists = true;
  std::set<std::string> ids;

 private:
  static Error unavailable() { return Error(ErrorCode::Unavailable, "connection refused"); }
};

class MetaStorageTest : public testing::Test {
 protected:
  MetaStorageTest() {
    std::vector<MetaStorage::Entry> entries;
    for (auto** each : {&first_, &second_}) {
      auto made = std::make_unique<RecordingStorage>();
      *each = made.get();
      entries.push_back({each == &first_ ? "first" : "second", std::move(made)});
    }
    storage_.emplace(std::move(entries));
  }
  Result<void> save(std::string id) {
    MetaInfo record;
    record.id = std::move(id);
    return storage_->saveMetaInfo({&record, 1});
  }

  RecordingStorage* first_ = nullptr;
  RecordingStorage* second_ = nullptr;
  std::optional<MetaStorage> storage_;
};

TEST_F(MetaStorageTest, SavesIntoEachStorage) {
  ASSERT_TRUE(save("t"));
  EXPECT_TRUE(first_->ids.contains("t"));
  EXPECT_TRUE(second_->ids.contains("t"));
}

TEST_F(MetaStorageTest, SavesIntoTheOthersWhenOneIsDownAndNamesIt) {
  first_->down = true;
  const auto answer = save("t");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "meta storage first: connection refused");
  EXPECT_TRUE(second_->ids.contains("t"));
}

TEST_F(MetaStorageTest, LoadsFromTheFirstStorageThatHasTheRecord) {
  second_->ids.insert("t");
  EXPECT_EQ(storage_->loadMetaInfoById("t")->at("id"), "t");
}

TEST_F(MetaStorageTest, LoadsFromTheOthersWhenOneIsDown) {
  first_->down = true;
  second_->ids.insert("t");
  EXPECT_TRUE(storage_->loadMetaInfoById("t"));
  EXPECT_EQ(storage_->loadMetaInfoById("u").error().code(), ErrorCode::NotFound);
}

TEST_F(MetaStorageTest, LoadingFailsOnlyWhenNoStorageAnswers) {
  first_->down = second_->down = true;
  EXPECT_EQ(storage_->loadMetaInfoById("t").error().code(), ErrorCode::Unavailable);
}

TEST_F(MetaStorageTest, ListsFromTheFirstStorageThatCanList) {
  first_->lists = false;
  second_->ids.insert("t");
  EXPECT_EQ(storage_->listMetaInfo({}, {})->size(), 1u);
  second_->lists = false;
  EXPECT_EQ(storage_->listMetaInfo({}, {}).error().code(), ErrorCode::Unsupported);
}

}  // namespace
}  // namespace leptir::meta
