#include "backends/redis/redis_record_bell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backends/redis/redis_meta_storage.h"
#include "backends/redis/redis_queue_fixture.h"
#include "tests/support/child.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;

MetaInfo recordOf(std::string id) {
  MetaInfo record;
  record.id = std::move(id);
  record.lease = 1;
  record.returnCode = ExitStatus::Success;
  record.type = "Test";
  return record;
}

class RecordBell : public testing::Test {
 protected:
  std::unique_ptr<RecordWatch> watch() const {
    return std::move(RedisRecordWatch::begin(redisAt(server.socket()), "leptir:taskinfo")).value();
  }
  void save(const std::vector<MetaInfo>& records) {
    const auto saved = storage.saveMetaInfo(records);
    ASSERT_TRUE(saved) << saved.error().message();
  }
  std::int64_t callsOf(const std::string& command) {
    const auto stats = server.ask({"INFO", "commandstats"}).get<std::string>();
    const auto at = stats.find("cmdstat_" + command + ":calls=");
    return at == std::string::npos ? 0 : std::stoll(stats.substr(stats.find('=', at) + 1));
  }

  RedisServer& server = sharedRedisServer();
  RedisMetaStorage storage{std::make_shared<RedisConnection>(redisAt(server.socket())), "leptir:taskinfo",
                           RedisLayout::Plain, 1h};
  Wake wake;
};

TEST_F(RecordBell, NamesTheTasksOfABatchThatAreOver) {
  const auto watching = watch();
  auto runs = recordOf("runs");
  runs.status = TaskStatus::InProgress;
  runs.step = MetaStep::Running;
  save({recordOf("a"), runs, recordOf("b c")});
  EXPECT_THAT(watching->wait(60s, wake)->ids, ElementsAre("a", "b c"));
}

TEST_F(RecordBell, SavingCostsOneQuestionABatchWhileNoProcessWaits) {
  server.ask({"CONFIG", "RESETSTAT"});
  std::vector<MetaInfo> batch;
  for (int i = 0; i < 500; ++i) batch.push_back(recordOf("t" + std::to_string(i)));
  save(batch);
  EXPECT_EQ(callsOf("exists"), 1);
  EXPECT_EQ(callsOf("xadd"), 0);
  EXPECT_EQ(server.ask({"EXISTS", "leptir:taskinfo.ended", "leptir:taskinfo.waiting"}), 0);
}

TEST_F(RecordBell, AKilledProcessLeavesOnlyKeysThatExpire) {
  const auto child = startChild([&] {
    const auto watching = watch();
    ::pause();
    return true;
  });
  ASSERT_TRUE(waitUntil([&] { return server.ask({"EXISTS", "leptir:taskinfo.waiting"}) == 1; }));
  killChild(child);
  save({recordOf("t")});
  const auto expiryOf = [&](std::string_view key) { return server.ask({"PTTL", key}).get<int>(); };
  EXPECT_THAT(expiryOf("leptir:taskinfo.waiting"), testing::AllOf(testing::Gt(0), testing::Le(10'000)));
  EXPECT_THAT(expiryOf("leptir:taskinfo.ended"), testing::AllOf(testing::Gt(0), testing::Le(60'000)));
}

TEST_F(RecordBell, AProcessThatWaitsOnRenewsItsRegistration) {
  const auto watching = watch();
  server.ask({"DEL", "leptir:taskinfo.waiting"});
  while (server.ask({"EXISTS", "leptir:taskinfo.waiting"}) == 0) ASSERT_TRUE(watching->wait(1200ms, wake));
}

TEST_F(RecordBell, TheStreamKeepsOnlyTheLastBatches) {
  const auto watching = watch();
  for (int i = 0; i < 1000; ++i) save({recordOf("t" + std::to_string(i))});
  EXPECT_LE(server.ask({"XLEN", "leptir:taskinfo.ended"}).get<int>(), 250);
}

TEST_F(RecordBell, WhatWasSavedBeforeTheWatchIsNoNews) {
  const auto earlier = watch();
  save({recordOf("before")});
  const auto watching = watch();
  save({recordOf("after")});
  EXPECT_THAT(watching->wait(60s, wake)->ids, ElementsAre("after"));
}

TEST_F(RecordBell, AnEntryOfAnotherProgramMeansAnyRecord) {
  const auto watching = watch();
  server.ask({"XADD", "leptir:taskinfo.ended", "*", "what", ""});
  EXPECT_TRUE(watching->wait(60s, wake)->hasUnknownIds);
}

TEST_F(RecordBell, AForeignValueUnderItsKeysDisturbsNoSave) {
  server.ask({"SET", "leptir:taskinfo.waiting", "x"});
  server.ask({"SET", "leptir:taskinfo.ended", "x"});
  save({recordOf("t")});
  EXPECT_TRUE(storage.loadMetaInfoById("t"));
  EXPECT_FALSE(RedisRecordWatch::begin(redisAt(server.socket()), "leptir:taskinfo"));
}

// On a server of their own, since they stop it.
TEST(RecordBellServer, AWaitOnAServerThatEndsIsAnErrorAndANewWatchWorks) {
  RedisServer server;
  Wake wake;
  auto watching = std::move(RedisRecordWatch::begin(redisAt(server.socket()), "k")).value();
  server.restart();
  EXPECT_EQ(watching->wait(60s, wake).error().code(), ErrorCode::Unavailable);
  watching = std::move(RedisRecordWatch::begin(redisAt(server.socket()), "k")).value();
  RedisMetaStorage storage(std::make_shared<RedisConnection>(redisAt(server.socket())), "k", RedisLayout::Hashed, {});
  ASSERT_TRUE(storage.saveMetaInfo(std::vector{recordOf("t")}));
  EXPECT_THAT(watching->wait(60s, wake)->ids, ElementsAre("t"));
}

TEST_F(RedisQueueTest, WithoutTheRightToAskWhoWaitsRecordsAreSaved) {
  RedisMetaStorage storage(std::make_shared<RedisConnection>(addressOf("noasker", {"~*", "+@all", "-exists"})), "k",
                           RedisLayout::Plain, {});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(storage.saveMetaInfo(std::vector{recordOf("t" + std::to_string(i))}));
  EXPECT_TRUE(storage.loadMetaInfoById("t2"));
}

}  // namespace
}  // namespace leptir::redis
