#include "leptir/testing/store_faults.h"

#include <gtest/gtest.h>

#include <functional>

#include "backends/memory/memory_backend.h"
#include "leptir/spi/buried_lookup.h"

namespace leptir::testing {
namespace {

class StoreFaultsTest : public ::testing::Test {
 protected:
  bool push(const std::string& id) {
    BrokerTask task;
    task.id = id;
    task.name = "Test";
    return broker->pushBrokerTasks({&task, 1}).has_value();
  }
  std::uint64_t due() { return backend.queue("default")->counts().due; }

  memory::MemoryBackend backend;
  StoreFaults faults;
  std::unique_ptr<SimpleBroker> broker =
      withFaults(std::move(backend.openBroker(Json::object(), BrokerUse::Push)).value(), faults);
};

TEST_F(StoreFaultsTest, WithoutFaultsTheStoreWorks) {
  EXPECT_TRUE(push("a"));
  EXPECT_EQ(due(), 1u);
  EXPECT_EQ(faults.injectedFailures(), 0u);
}

TEST_F(StoreFaultsTest, TheNextCallsFailAndDoNothing) {
  faults.failNext(2);
  EXPECT_FALSE(push("a"));
  EXPECT_FALSE(broker->tasksCount());
  EXPECT_TRUE(push("a"));
  EXPECT_EQ(due(), 1u);
  EXPECT_EQ(faults.injectedFailures(), 2u);
}

TEST_F(StoreFaultsTest, OnlyTheCallsOfOneKindFail) {
  faults.failNext(StoreCall::Count);
  EXPECT_TRUE(push("a"));
  EXPECT_FALSE(broker->tasksCount());
  EXPECT_TRUE(broker->tasksCount());
}

TEST_F(StoreFaultsTest, AnAnswerIsLostAfterTheCallWasDone) {
  faults.loseNextAnswer(StoreCall::Push);
  EXPECT_FALSE(push("a"));
  EXPECT_EQ(due(), 1u);
}

TEST_F(StoreFaultsTest, EveryCallFailsUntilTheStoreIsRepaired) {
  faults.failUntilRepaired();
  faults.failNext(3);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(push("a"));
  EXPECT_FALSE(broker->keeper().find("a"));
  EXPECT_FALSE(broker->openSession({.instance = "x", .epoch = 1}, {}, std::chrono::seconds(60)));
  faults.repair();
  EXPECT_TRUE(push("a"));
}

TEST_F(StoreFaultsTest, TheErrorIsTheOneThatTheTestNames) {
  faults.setError(Error(ErrorCode::TooLarge, "no space"));
  faults.failNext();
  const auto counts = broker->tasksCount();
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error(), Error(ErrorCode::TooLarge, "count: no space"));
}

TEST_F(StoreFaultsTest, ListsChangesAndWhatAFleetSharesReachTheStoreAndCanFail) {
  auto& keeper = broker->keeper();
  auto& lookup = dynamic_cast<BuriedLookup&>(keeper);
  auto& fleet = *broker->fleet();
  const std::vector<std::string> ids{"a"};
  const std::vector<std::pair<StoreCall, std::function<bool()>>> calls{
      {StoreCall::ListTasks, [&] { return keeper.list({}, "", 10).has_value(); }},
      {StoreCall::EarliestDue, [&] { return keeper.earliestDue().has_value(); }},
      {StoreCall::Reschedule, [&] { return keeper.reschedule(ids, {}).has_value(); }},
      {StoreCall::RemoveMany, [&] { return keeper.removeMany(ids).has_value(); }},
      {StoreCall::FindBuried, [&] { return lookup.buriedAmong(ids).has_value(); }},
      {StoreCall::FleetPut, [&] { return fleet.put("k", "v", {}).has_value(); }},
      {StoreCall::FleetPutIfAbsent, [&] { return fleet.putIfAbsent("k", "v", {}).has_value(); }},
      {StoreCall::FleetGet, [&] { return fleet.get("k").has_value(); }},
      {StoreCall::FleetList, [&] { return fleet.list("", "", 10).has_value(); }},
      {StoreCall::FleetVersion, [&] { return fleet.version().has_value(); }},
      {StoreCall::FleetErase, [&] { return fleet.erase("k").has_value(); }}};
  for (const auto& [call, succeeds] : calls) {
    faults.failNext(call);
    EXPECT_FALSE(succeeds()) << nameOf(call);
    EXPECT_TRUE(succeeds()) << nameOf(call);
  }
}

TEST_F(StoreFaultsTest, AMetaStorageFailsToo) {
  const auto storage = withFaults(std::move(backend.openMetaStorage(Json::object(), {})).value(), faults);
  MetaInfo info;
  info.id = "a";
  faults.failNext(StoreCall::SaveRecords);
  EXPECT_FALSE(storage->saveMetaInfo({&info, 1}));
  EXPECT_EQ(storage->loadMetaInfoById("a").error().code(), ErrorCode::NotFound);
  EXPECT_TRUE(storage->saveMetaInfo({&info, 1}));
  faults.failNext(StoreCall::ListRecordsByCursor);
  EXPECT_FALSE(storage->listRecords({}, "", 10));
  EXPECT_EQ(storage->listRecords({}, "", 10)->records.size(), 1u);
}

}  // namespace
}  // namespace leptir::testing
