// How stores wake processes that wait for records (record_watch.h), and that any number of threads may wait on any
// store (Broker::wait). On the machine's clock, since a wait is real.
#include <algorithm>
#include <atomic>
#include <thread>

#include "leptir/meta_storage.h"
#include "meta/record_waiter.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

// Far more than any store takes to wake a process; a wait that ends because of it is a failure.
constexpr auto kLong = 60s;

MetaInfo recordOf(std::string id, std::uint64_t lease = 1, TaskStatus status = TaskStatus::Completed) {
  MetaInfo info;
  info.id = std::move(id);
  info.lease = lease;
  info.step = status == TaskStatus::InProgress ? MetaStep::Running : MetaStep::Settled;
  info.status = status;
  info.returnCode = ExitStatus::Success;
  info.type = "Test";
  return info;
}

class WaitConformance : public ::testing::TestWithParam<BackendUnderTest> {
 protected:
  void save(const std::vector<MetaInfo>& records) { must(storage_->saveMetaInfo(records)); }
  // A storage that another process would open.
  std::unique_ptr<SimpleMetaStorage> other() { return store_->openMetaStorage(1h); }
  MetaStorage storages() {
    std::vector<MetaStorage::Entry> entries;
    entries.push_back({"s", [this]() -> Result<std::unique_ptr<SimpleMetaStorage>> { return other(); }});
    return MetaStorage(std::move(entries));
  }

  std::unique_ptr<StoreUnderTest> store_ = GetParam().open(ClockKind::Machine);
  std::unique_ptr<SimpleMetaStorage> storage_ = store_->openMetaStorage(1h);
  Wake wake_;
};

class WatchConformance : public WaitConformance {
 protected:
  std::unique_ptr<RecordWatch> watch() { return must(storage_->watchRecords()); }
  static bool isAbout(const RecordNews& news, const std::string& id) {
    return news.hasUnknownIds || std::ranges::find(news.ids, id) != news.ids.end();
  }
  static bool isNothing(const RecordNews& news) { return !news.isWoken && !news.hasUnknownIds && news.ids.empty(); }
};

std::vector<BackendUnderTest> recordStoresThatWake() {
  auto stores = recordStoresUnderTest();
  std::erase_if(stores, [](const auto& store) { return !store.wakesForRecords; });
  return stores;
}

LEPTIR_CONFORMANCE_GROUP_ON(Watch, WatchConformance, recordStoresThatWake());
LEPTIR_CONFORMANCE_GROUP_ON(Wait, WaitConformance, recordStoresUnderTest());

TEST_P(Wait, IsUnsupportedOnAStoreThatCannotWakeAndOnNoOther) {
  const auto watching = storage_->watchRecords();
  EXPECT_EQ(watching.has_value(), GetParam().wakesForRecords);
  if (!watching) {
    EXPECT_EQ(watching.error().code(), ErrorCode::Unsupported);
  }
}

TEST_P(Watch, ARecordSavedByAnotherProcessEndsTheWait) {
  const auto watching = watch();
  const auto saver = other();
  std::jthread saving([&] { must(saver->saveMetaInfo(std::vector{recordOf("t")})); });
  const auto news = watching->wait(kLong, wake_);
  saving.join();
  EXPECT_TRUE(isAbout(must(news), "t"));
}

TEST_P(Watch, ARecordSavedBeforeTheWaitEndsItAtOnce) {
  const auto watching = watch();
  save({recordOf("t")});
  EXPECT_TRUE(isAbout(must(watching->wait(kLong, wake_)), "t"));
}

TEST_P(Watch, NewsBetweenTwoWaitsAreNotLost) {
  const auto watching = watch();
  for (int i = 0; i < 100; ++i) {
    const auto id = "t" + std::to_string(i);
    save({recordOf(id)});
    ASSERT_TRUE(isAbout(must(watching->wait(kLong, wake_)), id)) << id;
  }
}

TEST_P(Watch, ARecordThatReplacesAnotherEndsTheWait) {
  save({recordOf("t", 1, TaskStatus::InProgress)});
  const auto watching = watch();
  save({recordOf("t", 1)});
  EXPECT_TRUE(isAbout(must(watching->wait(kLong, wake_)), "t"));
}

TEST_P(Watch, ARunInProgressAndARetryWakeNobody) {
  const auto watching = watch();
  save({recordOf("t", 1, TaskStatus::InProgress)});
  save({recordOf("t", 1, TaskStatus::Pending)});
  EXPECT_TRUE(isNothing(must(watching->wait(50ms, wake_))));
}

TEST_P(Watch, OfABatchTheTasksThatAreOverAreNamed) {
  const auto watching = watch();
  save({recordOf("a"), recordOf("b", 1, TaskStatus::InProgress), recordOf("c")});
  const auto news = must(watching->wait(kLong, wake_));
  EXPECT_TRUE(isAbout(news, "a"));
  EXPECT_TRUE(isAbout(news, "c"));
}

TEST_P(Watch, ARingOfTheWakeEndsTheWaitAndIsSaid) {
  const auto watching = watch();
  wake_.ring();
  EXPECT_TRUE(must(watching->wait(kLong, wake_)).isWoken);
  save({recordOf("t")});
  EXPECT_TRUE(isAbout(must(watching->wait(kLong, wake_)), "t")) << "what comes after an interrupted wait is not lost";
}

TEST_P(Watch, WithoutNewsTheWaitEndsWhenItsTimeHasPassed) {
  const auto watching = watch();
  EXPECT_TRUE(isNothing(must(watching->wait(20ms, wake_))));
  EXPECT_TRUE(isNothing(must(watching->wait(0s, wake_))));
}

TEST_P(Watch, EveryWatchGetsTheNews) {
  const auto one = watch(), two = watch();
  save({recordOf("t")});
  EXPECT_TRUE(isAbout(must(one->wait(kLong, wake_)), "t"));
  EXPECT_TRUE(isAbout(must(two->wait(kLong, wake_)), "t"));
}

TEST_P(Watch, AfterAPauseItMissesNothing) {
  const auto watching = watch();
  watching->suspend();
  save({recordOf("t")});
  EXPECT_TRUE(isAbout(must(watching->wait(kLong, wake_)), "t"));
  save({recordOf("u")});
  EXPECT_TRUE(isAbout(must(watching->wait(kLong, wake_)), "u"));
}

// On a store that wakes, most waits must be ended by the news: records are looked at only once a second otherwise. A
// loaded machine may be slow at times, so the median counts, and its bound is far above what is usual (1 ms).
TEST_P(Watch, AWaitThroughTheBrokerEndsBeforeTheNextLook) {
  meta::RecordWaiter waiter(storages());
  std::vector<Duration> took;
  for (int i = 0; i < 15; ++i) {
    const auto id = "t" + std::to_string(i);
    std::atomic<BootTime> saved{};
    std::jthread saving([&] {
      store_->advance(1ms * i);  // so that the save meets each phase of the wait
      saved = systemClock().bootTime();
      save({recordOf(id)});
    });
    must(waiter.wait(id, kLong, {}));
    took.push_back(systemClock().bootTime() - saved.load());
    saving.join();
  }
  std::ranges::nth_element(took, took.begin() + 7);
  EXPECT_LT(took[7], 100ms);
}

TEST_P(Wait, AThousandThreadsGetTheirRecords) {
  constexpr int kThreads = 1000;
  meta::RecordWaiter waiter(storages());
  std::atomic<int> succeeded = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, id = "t" + std::to_string(i)] {
      const auto record = waiter.wait(id, 2 * kLong, {});
      succeeded += record && record->at("id") == id ? 1 : 0;
    });
  }
  for (int i = 0; i < kThreads; i += 50) {
    std::vector<MetaInfo> batch;
    for (int k = i; k < i + 50; ++k) batch.push_back(recordOf("t" + std::to_string(k)));
    save(batch);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, kThreads);
}

TEST_P(Wait, FindsARecordThatWasThereBefore) {
  save({recordOf("t")});
  meta::RecordWaiter waiter(storages());
  EXPECT_EQ(must(waiter.wait("t", 0s, {})).at("id"), "t");
  EXPECT_EQ(codeOf(waiter.wait("u", 0s, {})), ErrorCode::TimedOut);
}

}  // namespace
}  // namespace leptir::conformance
