#include "meta/record_waiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "leptir/spi/simple_meta_storage.h"
#include "leptir/task_record.h"
#include "tests/support/wait_until.h"

namespace leptir::meta {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

MetaInfo recordOf(std::string id, TaskStatus status = TaskStatus::Completed, std::uint64_t lease = 1) {
  MetaInfo record;
  record.id = std::move(id);
  record.lease = lease;
  record.status = status;
  record.returnCode = ExitStatus::Success;
  record.type = "test";
  return record;
}

// What the storages of a test share.
struct WatchedStore {
  std::atomic<bool> isDown = false;
  std::atomic<bool> isDamaged = false;
  std::atomic<bool> throwsOnce = false;
  bool wakes = false;
  std::atomic<int> watches = 0, watchesMade = 0, looks = 0;
  std::atomic<Duration::rep> timeOfLooks = 0;  // within loadMetaInfos
  std::mutex mutex;                            // guards the next two
  std::vector<Wake*> bells;
  std::map<std::string, Json, std::less<>> records;
};

// Wakes as a store does that does not say which records were saved.
class TestWatch final : public RecordWatch {
 public:
  explicit TestWatch(WatchedStore& store) : store_(store) {
    const std::lock_guard lock(store_.mutex);
    store_.bells.push_back(&bell_);
    ++store_.watches, ++store_.watchesMade;
  }
  ~TestWatch() override {
    const std::lock_guard lock(store_.mutex);
    std::erase(store_.bells, &bell_);
    --store_.watches;
  }
  Result<RecordNews> wait(Duration longest, Wake& wake) override {
    if (store_.isDown) return Error(ErrorCode::Unavailable, "connection refused");
    const bool isWoken = wake.waitFor(longest, bell_.descriptor());
    return RecordNews{.isWoken = isWoken, .hasUnknownIds = bell_.clear()};
  }

 private:
  WatchedStore& store_;
  Wake bell_;
};

class TestStorage final : public SimpleMetaStorage {
 public:
  explicit TestStorage(WatchedStore& store) : store_(store) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    const std::lock_guard lock(store_.mutex);
    for (const auto& record : records) {
      std::string text;
      writeMetaInfo(record, text);
      store_.records[record.id] = Json::parse(text);
    }
    for (auto* bell : store_.bells) bell->ring();
    return {};
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    if (store_.isDown) return Error(ErrorCode::Unavailable, "connection refused");
    if (store_.throwsOnce.exchange(false)) throw std::logic_error("a bug of this storage");
    if (store_.isDamaged) return Error(ErrorCode::Corrupt, "the record of task " + std::string(id) + " is no JSON");
    ++store_.looks;
    const std::lock_guard lock(store_.mutex);
    const auto found = store_.records.find(id);
    return found == store_.records.end() ? Result<Json>(Error(ErrorCode::NotFound, "none")) : found->second;
  }
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override {
    const auto began = systemClock().bootTime();
    auto records = SimpleMetaStorage::loadMetaInfos(ids);
    store_.timeOfLooks += (systemClock().bootTime() - began).count();
    return records;
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter&, Page) override { return std::vector<Json>(); }
  Result<std::size_t> expire() override { return 0; }
  MetaTraits traits() const override { return {}; }
  Result<std::unique_ptr<RecordWatch>> watchRecords() override {
    if (!store_.wakes) return SimpleMetaStorage::watchRecords();
    if (store_.isDown) return Error(ErrorCode::Unavailable, "connection refused");
    return std::make_unique<TestWatch>(store_);
  }

 private:
  WatchedStore& store_;
};

MetaStorage storagesOf(std::vector<WatchedStore*> stores) {
  std::vector<MetaStorage::Entry> entries;
  for (auto* store : stores) {
    entries.push_back({"s" + std::to_string(entries.size()), [store]() -> Result<std::unique_ptr<SimpleMetaStorage>> {
                         return std::make_unique<TestStorage>(*store);
                       }});
  }
  return MetaStorage(std::move(entries));
}

class RecordWaiterTest : public testing::TestWithParam<bool> {
 protected:
  RecordWaiterTest() { store.wakes = GetParam(); }

  void save(const std::vector<MetaInfo>& records) { ASSERT_TRUE(TestStorage(store).saveMetaInfo(records)); }
  std::future<Result<Json>> waitFor(std::string id, Duration timeout = 60s, Json previous = {}) {
    return std::async(std::launch::async, [this, id = std::move(id), timeout, previous = std::move(previous)] {
      return waiter.wait(id, timeout, previous);
    });
  }
  // Blocks until a thread waits and has looked at the records.
  void untilLookedAt(int more = 1) {
    const int before = store.looks;
    ASSERT_TRUE(waitUntil([&] { return store.looks >= before + more; }));
  }

  WatchedStore store;
  RecordWaiter waiter{storagesOf({&store})};
};

INSTANTIATE_TEST_SUITE_P(OnAStoreThat, RecordWaiterTest, testing::Bool(),
                         [](const auto& on) { return on.param ? "Wakes" : "CannotWake"; });

TEST_P(RecordWaiterTest, ReturnsTheRecordOfATaskThatIsOverAlready) {
  save({recordOf("t")});
  const auto record = waiter.wait("t", 60s, {});
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->at("id"), "t");
}

TEST_P(RecordWaiterTest, ReturnsTheRecordThatIsSavedWhileItWaits) {
  auto waiting = waitFor("t");
  untilLookedAt();
  save({recordOf("t")});
  EXPECT_TRUE(waiting.get());
}

TEST_P(RecordWaiterTest, GoesOnWaitingThroughARunInProgressAndARetry) {
  auto waiting = waitFor("t");
  save({recordOf("t", TaskStatus::InProgress, 1)});
  untilLookedAt();
  save({recordOf("t", TaskStatus::Pending, 2)});
  untilLookedAt(2);
  EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
  save({recordOf("t", TaskStatus::Completed, 3)});
  EXPECT_EQ(waiting.get()->at("lease"), 3);
}

TEST_P(RecordWaiterTest, TimesOutWithAnErrorOfItsOwnThatNamesTheTask) {
  const auto record = waiter.wait("t", 5ms, {});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code(), ErrorCode::TimedOut);
  EXPECT_THAT(record.error().message(), HasSubstr("task t: is not over after"));
}

TEST_P(RecordWaiterTest, ATimeoutOfZeroLooksOnce) {
  EXPECT_EQ(waiter.wait("t", 0s, {}).error().code(), ErrorCode::TimedOut);
  save({recordOf("t")});
  EXPECT_TRUE(waiter.wait("t", 0s, {}));
}

TEST_P(RecordWaiterTest, IgnoresTheRecordOfAnEarlierTaskOfTheId) {
  save({recordOf("t", TaskStatus::Completed, 1)});
  const auto earlier = waiter.wait("t", 0s, {});
  auto waiting = waitFor("t", 60s, *earlier);
  untilLookedAt();
  EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
  save({recordOf("t", TaskStatus::Completed, 2)});
  EXPECT_EQ(waiting.get()->at("lease"), 2);
}

TEST_P(RecordWaiterTest, SeveralThreadsMayWaitForOneTask) {
  auto one = waitFor("t"), other = waitFor("t");
  save({recordOf("t")});
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(other.get());
}

TEST_P(RecordWaiterTest, AThreadThatTimesOutHandsTheWatchToAnother) {
  for (int round = 0; round < 20; ++round) {
    const auto id = "t" + std::to_string(round);
    auto first = waitFor("never", 3ms);
    auto second = waitFor(id);
    EXPECT_FALSE(first.get());
    save({recordOf(id)});
    EXPECT_TRUE(second.get());
  }
}

TEST_P(RecordWaiterTest, AnExceptionOfAStorageEndsOneWaitAndAnotherThreadLeads) {
  auto first = waitFor("first");
  untilLookedAt();
  auto second = waitFor("second");
  untilLookedAt(2);
  store.throwsOnce = true;
  save({recordOf("other")});
  EXPECT_THROW(first.get(), std::logic_error);
  save({recordOf("second")});
  EXPECT_TRUE(second.get());
  save({recordOf("first")});
  EXPECT_TRUE(waiter.wait("first", 60s, {}));
}

TEST_P(RecordWaiterTest, AThousandThreadsWaitOverOneWatch) {
  constexpr int kThreads = 1000;
  std::vector<std::thread> threads;
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto record = waiter.wait("t" + std::to_string(i), 120s, {});
      succeeded += record && record->at("id") == "t" + std::to_string(i);
    });
  }
  for (int i = 0; i < kThreads; ++i) {
    save({recordOf("t" + std::to_string(i))});
    ASSERT_LE(store.watches, 1);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, kThreads);
  EXPECT_LE(store.watchesMade, 1);
}

TEST_P(RecordWaiterTest, AStoreThatIsDownIsTriedAgain) {
  store.isDown = true;
  auto waiting = waitFor("t");
  store.isDown = false;
  save({recordOf("t")});
  EXPECT_TRUE(waiting.get());
}

TEST_P(RecordWaiterTest, TheTimeoutSaysThatNoStoreAnswered) {
  store.isDown = true;
  const auto record = waiter.wait("t", 20ms, {});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code(), ErrorCode::TimedOut);
  EXPECT_THAT(record.error().message(), HasSubstr("meta storage s0: connection refused"));
}

TEST_P(RecordWaiterTest, ADamagedRecordIsSaidAtTheTimeout) {
  store.isDamaged = true;
  EXPECT_EQ(waiter.wait("t", 5ms, {}).error().code(), ErrorCode::Corrupt);
}

TEST(RecordWaiterStorages, FindsARecordThatOnlyTheSecondStorageHas) {
  WatchedStore first, second;
  RecordWaiter waiter(storagesOf({&first, &second}));
  ASSERT_TRUE(TestStorage(second).saveMetaInfo(std::vector{recordOf("t")}));
  EXPECT_TRUE(waiter.wait("t", 60s, {}));
}

TEST(RecordWaiterStorages, AStorageThatIsDownDoesNotHideTheOther) {
  WatchedStore first, second;
  first.isDown = true;
  second.wakes = true;
  RecordWaiter waiter(storagesOf({&first, &second}));
  auto waiting = std::async(std::launch::async, [&] { return waiter.wait("t", 60s, {}); });
  ASSERT_TRUE(waitUntil([&] { return second.watches == 1; }));
  ASSERT_TRUE(TestStorage(second).saveMetaInfo(std::vector{recordOf("t")}));
  EXPECT_TRUE(waiting.get());
}

TEST(RecordWatcher, WithoutTasksItOnlyWaitsToBeRung) {
  WatchedStore store;
  auto storages = storagesOf({&store});
  RecordWatcher watcher(storages);
  Wake wake;
  EXPECT_TRUE(watcher.wait(5ms, wake).empty());
  wake.ring();
  EXPECT_TRUE(watcher.wait(60s, wake).empty());
  EXPECT_EQ(store.watchesMade + store.looks, 0);
}

TEST(RecordWatcher, ReturnsWhenTheStoreStopsAndBeginsToAnswer) {
  WatchedStore store;
  auto storages = storagesOf({&store});
  RecordWatcher watcher(storages);
  Wake wake;
  watcher.add("t");
  watcher.wait(0s, wake);
  store.isDown = true;
  EXPECT_TRUE(watcher.wait(60s, wake).empty());
  ASSERT_TRUE(watcher.storeError());
  EXPECT_EQ(watcher.storeError()->message(), "meta storage s0: connection refused");
  store.isDown = false;
  EXPECT_TRUE(watcher.wait(60s, wake).empty());
  EXPECT_FALSE(watcher.storeError());
}

TEST(RecordWatcher, NewsOfManyRecordsDoNotMakeItLookAllTheTime) {
  WatchedStore store;
  store.wakes = true;
  auto storages = storagesOf({&store});
  RecordWatcher watcher(storages);
  for (int i = 0; i < 5000; ++i) watcher.add("t" + std::to_string(i));
  Wake wake;
  watcher.wait(0s, wake);
  std::atomic<bool> ended = false;
  std::thread saver([&] {
    while (!ended) static_cast<void>(TestStorage(store).saveMetaInfo({}));
  });
  const auto began = systemClock().bootTime();
  store.timeOfLooks = 0;
  watcher.wait(500ms, wake);
  const auto took = systemClock().bootTime() - began;
  ended = true;
  saver.join();
  EXPECT_GT(store.timeOfLooks, 0);
  EXPECT_LT(Duration(store.timeOfLooks), took * 6 / 10) << "a fifth is meant; without pauses it would be nearly all";
}

}  // namespace
}  // namespace leptir::meta
