#include "backends/redis/redis_meta_storage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/support/folders.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisMetaStorageTest : public testing::Test {
 protected:
  std::unique_ptr<RedisMetaStorage> open(RedisLayout layout = RedisLayout::Plain,
                                         std::optional<Duration> expireAfter = {}) const {
    RedisAddress address;
    address.scheme = RedisAddress::Scheme::Unix;
    address.path = server.socket();
    return std::make_unique<RedisMetaStorage>(std::make_shared<RedisConnection>(address), "leptir:taskinfo", layout,
                                              expireAfter);
  }

  Json ask(const std::vector<std::string_view>& words) const { return server.ask(words); }
  Json keys(std::string_view pattern = "*") const { return ask({"KEYS", pattern}); }

  // Makes the server full: it refuses commands that may need memory.
  void fill() const {
    ask({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_THROW(ask({"SET", "one", "more"}), std::runtime_error);
  }
  ~RedisMetaStorageTest() override { ask({"CONFIG", "SET", "maxmemory", "0"}); }

  RedisServer& server = sharedRedisServer(RedisServer::Time::Manual);
};

MetaInfo record(std::string id, std::uint64_t lease = 1, ExitStatus status = ExitStatus::Success,
                std::string response = "") {
  MetaInfo info;
  info.id = std::move(id);
  info.lease = lease;
  info.returnCode = status;
  info.type = "Test";
  info.response = std::move(response);
  return info;
}

// An id in leptir's form, made `minute` minutes after the beginning of 2031.
std::string taskId(int minute, int number) {
  return fmt::format("{:012x}", 1'924'992'000'000 + minute * 60'000).insert(8, "-") +
         fmt::format("-7000-8000-{:012x}", number);
}

MetaInfo failure(std::string id, std::uint64_t lease = 1) {
  return record(std::move(id), lease, ExitStatus::Error);
}

void save(RedisMetaStorage& storage, const std::vector<MetaInfo>& records) {
  const auto saved = storage.saveMetaInfo(records);
  ASSERT_TRUE(saved) << saved.error().message();
}

std::string responseOf(RedisMetaStorage& storage, std::string_view id) {
  const auto loaded = storage.loadMetaInfoById(id);
  return loaded ? loaded->value("respM", "") : loaded.error().message();
}

std::vector<std::string> listed(RedisMetaStorage& storage, const MetaFilter& filter = {}, Page page = {}) {
  std::vector<std::string> ids;
  const auto records = storage.listMetaInfo(filter, page);
  EXPECT_TRUE(records) << records.error().message();
  for (const auto& each : *records) ids.push_back(each.at("id"));
  return ids;
}

using Ids = std::vector<std::string>;

TEST_F(RedisMetaStorageTest, WritesTheSameValueUnderTheSameKeyAsPhpLeptir) {
  auto info = record("145596b0468b93b22a4.02397032", 0, ExitStatus::Success, "sent");
  info.type = "App\\Tasks\\Mail\\SendMail";
  info.executionTime = 0.0003209114074707031;
  info.started = Time(1795451957541950us);
  info.attempt = 0;
  save(*open(), {info});
  std::ifstream file(sourceFolder() / "tests/wire/redis_meta.json");
  const auto golden = Json::parse(file).at(0);
  EXPECT_EQ(keys(), Json{golden.at("key")});
  EXPECT_EQ(ask({"GET", golden.at("key").get<std::string>()}), golden.at("value_text"));
  EXPECT_EQ(ask({"PTTL", golden.at("key").get<std::string>()}), -1);
}

TEST_F(RedisMetaStorageTest, SetsTheExpiryOfRecordsAndIndex) {
  save(*open(RedisLayout::Plain, 86400s), {record("a"), failure("b")});
  EXPECT_EQ(ask({"TTL", "leptir:taskinfo:a"}), 86400);
  EXPECT_EQ(ask({"TTL", "leptir:taskinfo.failures"}), 86400);
}

TEST_F(RedisMetaStorageTest, AReplacedRecordExpiresAfterItsOwnFullTime) {
  const auto storage = open(RedisLayout::Plain, 1h);
  save(*storage, {record("a", 1)});
  server.advance(40min);
  save(*storage, {record("a", 2)});
  EXPECT_EQ(ask({"TTL", "leptir:taskinfo:a"}), 3600);
  server.advance(40min);
  save(*storage, {record("a", 1)});
  EXPECT_EQ(ask({"TTL", "leptir:taskinfo:a"}), 1200);
}

TEST_F(RedisMetaStorageTest, ReadsRecordsOfPhpLeptir) {
  std::ifstream file(sourceFolder() / "tests/wire/redis_meta.json");
  const auto storage = open();
  int read = 0;
  for (const auto& golden : Json::parse(file)) {
    const auto key = golden.at("key").is_null() ? "" : golden.at("key").get<std::string>();
    if (!key.starts_with("leptir:taskinfo:")) continue;
    const auto text = golden.at("value_text").get<std::string>();
    ask({"SET", key, text});
    const auto loaded = storage->loadMetaInfoById(key.substr(16));
    const auto expected = text.empty() ? Result<Json>(Error(ErrorCode::Corrupt, "")) : Json::parse(text);
    ASSERT_EQ(loaded.has_value(), expected.has_value()) << golden.at("note");
    EXPECT_TRUE(loaded ? *loaded == *expected : loaded.error().code() == expected.error().code());
    ++read;
  }
  EXPECT_GT(read, 20);
}

TEST_F(RedisMetaStorageTest, ARecordOfPhpCountsAsOfLeaseZero) {
  const auto storage = open();
  const auto byPhp = R"({"id":"a","status":3,"retC":1,"exTime":0.1,"respM":"by PHP","type":"T","exStart":{}})";
  ask({"SET", "leptir:taskinfo:a", byPhp});
  save(*storage, {record("a", 0, ExitStatus::Success, "late")});
  EXPECT_EQ(responseOf(*storage, "a"), "by PHP");
  save(*storage, {record("a", 1, ExitStatus::Success, "ours")});
  EXPECT_EQ(responseOf(*storage, "a"), "ours");
}

TEST_F(RedisMetaStorageTest, ReplacesValuesThatAreNoRecords) {
  const auto storage = open();
  ask({"SET", "leptir:taskinfo:empty", ""});
  ask({"SET", "leptir:taskinfo:text", "\xff no record"});
  ask({"SET", "leptir:taskinfo:number", "17"});
  ask({"RPUSH", "leptir:taskinfo:list", "x"});
  for (const auto* id : {"empty", "text", "number", "list"}) {
    save(*storage, {record(id, 0, ExitStatus::Success, "ours")});
    EXPECT_EQ(responseOf(*storage, id), "ours") << id;
  }
}

TEST_F(RedisMetaStorageTest, IgnoresTextInARecordThatLooksLikeALease) {
  const auto storage = open();
  auto sly = record("a", 5, ExitStatus::Success, R"(,"lease":99,"step":1,)");
  sly.type = R"(","lease":98,"x":")";
  sly.additional = R"({"exStart":{"lease":97,"step":1},"step":1})";
  save(*storage, {sly});
  save(*storage, {record("a", 4, ExitStatus::Success, "late")});
  EXPECT_NE(responseOf(*storage, "a"), "late");
  save(*storage, {record("a", 6, ExitStatus::Success, "newer")});
  EXPECT_EQ(responseOf(*storage, "a"), "newer");
}

TEST_F(RedisMetaStorageTest, ReplacesARecordWithAnImpossibleLease) {
  const auto storage = open();
  ask({"SET", "leptir:taskinfo:a", R"({"id":"a","lease":9223372036854775807,"step":2})"});
  save(*storage, {record("a", 1, ExitStatus::Success, "ours")});
  EXPECT_EQ(responseOf(*storage, "a"), "ours");
}

TEST_F(RedisMetaStorageTest, SavesRecordsOnAFullServer) {
  for (const auto layout : {RedisLayout::Plain, RedisLayout::Hashed}) {
    const auto storage = open(layout, 1h);
    const auto id = taskId(0, 1), failing = taskId(1, 2);
    fill();
    save(*storage, {record(id, 1, ExitStatus::Success, "first"), failure(failing)});
    save(*storage, {record(id, 2, ExitStatus::Success, "second")});
    EXPECT_EQ(responseOf(*storage, id), "second");
    EXPECT_EQ(listed(*storage).front(), failing);
    ask({"CONFIG", "SET", "maxmemory", "0"});
  }
}

TEST_F(RedisMetaStorageTest, LoadsItsScriptsAgainAfterTheServerForgotThem) {
  const auto storage = open();
  save(*storage, {failure("a", 1)});
  save(*storage, {failure("a", 2)});
  ask({"SCRIPT", "FLUSH"});
  save(*storage, {failure("a", 3)});
  EXPECT_EQ(storage->loadMetaInfoById("a")->at("lease"), 3);
  EXPECT_EQ(listed(*storage), Ids{"a"});
}

TEST_F(RedisMetaStorageTest, ConcurrentWritersOfOneRecordLeaveTheNewest) {
  std::vector<std::jthread> writers;
  for (std::uint64_t first : {1, 2, 3}) {
    writers.emplace_back([&, first] {
      const auto storage = open();
      for (auto lease = first; lease <= 300; lease += 3)
        save(*storage, {failure("a", lease), record("b", 301 - lease)});
    });
  }
  for (auto& writer : writers) writer.join();
  const auto storage = open();
  EXPECT_EQ(storage->loadMetaInfoById("a")->at("lease"), 300);
  EXPECT_EQ(storage->loadMetaInfoById("b")->at("lease"), 300);
}

TEST_F(RedisMetaStorageTest, ListsUnsuccessfulTasksTheNewestFirst) {
  const auto storage = open();
  save(*storage, {failure("x", 1), record("good"), failure("y", 1)});
  EXPECT_EQ(listed(*storage), (Ids{"y", "x"}));
  save(*storage, {failure("x", 2), failure("z", 1)});
  EXPECT_EQ(listed(*storage), (Ids{"z", "x", "y"}));
  save(*storage, {record("x", 3)});
  EXPECT_EQ(listed(*storage), (Ids{"z", "y"}));
  EXPECT_EQ(ask({"ZSCORE", "leptir:taskinfo.failures", "x"}), nullptr);
}

TEST_F(RedisMetaStorageTest, ListsARunningTaskUntilItSucceeds) {
  const auto storage = open();
  auto running = record("long");
  running.step = MetaStep::Running;
  running.status = TaskStatus::InProgress;
  save(*storage, {running});
  EXPECT_EQ(listed(*storage, {.status = TaskStatus::InProgress}), Ids{"long"});
  save(*storage, {record("long")});
  EXPECT_EQ(listed(*storage), Ids{});
}

TEST_F(RedisMetaStorageTest, DoesNotListDeletedOrMeanwhileSuccessfulRecords) {
  const auto storage = open();
  save(*storage, {failure("gone"), failure("elsewhere"), failure("here")});
  ask({"DEL", "leptir:taskinfo:gone"});
  ask({"SET", "leptir:taskinfo:elsewhere", R"({"id":"elsewhere","status":3,"retC":1})"});
  EXPECT_EQ(listed(*storage), Ids{"here"});
}

TEST_F(RedisMetaStorageTest, ASaveRepeatedAfterALostReplyCompletesTheIndex) {
  const auto storage = open();
  save(*storage, {failure("a"), failure("b")});
  ask({"ZREM", "leptir:taskinfo.failures", "a"});  // as if the connection had ended before the index was written
  save(*storage, {failure("a"), failure("b")});
  EXPECT_EQ(listed(*storage), (Ids{"a", "b"}));
}

TEST_F(RedisMetaStorageTest, TheIndexKeepsTheNewestTenThousand) {
  const auto storage = open();
  std::vector<MetaInfo> many;
  for (int i = 0; i < 10'050; ++i) many.push_back(failure(std::to_string(i)));
  save(*storage, many);
  EXPECT_EQ(ask({"ZCARD", "leptir:taskinfo.failures"}), 10'000);
  EXPECT_EQ(listed(*storage, {}, {9'998, 10}), (Ids{"51", "50"}));
}

TEST_F(RedisMetaStorageTest, TheIndexForgetsExpiredRecords) {
  const auto storage = open(RedisLayout::Plain, 1h);
  save(*storage, {failure("a")});
  server.advance(40min);
  save(*storage, {failure("b")});
  server.advance(40min);
  save(*storage, {failure("c")});
  EXPECT_EQ(listed(*storage), (Ids{"c", "b"}));
  EXPECT_EQ(ask({"ZCARD", "leptir:taskinfo.failures"}), 2);
}

TEST_F(RedisMetaStorageTest, NewFailuresAreListedFirstDespiteHugeScoresOfOthers) {
  const auto storage = open();
  ask({"ZADD", "leptir:taskinfo.failures", "1e17", "theirs", "+inf", "theirs too"});
  save(*storage, {failure("c"), failure("b"), failure("a")});
  EXPECT_EQ(listed(*storage), (Ids{"a", "b", "c"}));
}

TEST_F(RedisMetaStorageTest, SavesRecordsEvenIfTheIndexKeyHoldsAnotherType) {
  ask({"SET", "leptir:taskinfo.failures", "somebody's"});
  const auto storage = open();
  save(*storage, {failure("a")});
  EXPECT_TRUE(storage->loadMetaInfoById("a"));
  EXPECT_EQ(storage->listMetaInfo({}, {}).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(ask({"GET", "leptir:taskinfo.failures"}), "somebody's");
}

TEST_F(RedisMetaStorageTest, HashedLayoutPutsRecordsOfOneMinuteIntoOneHash) {
  const auto first = taskId(5, 1), second = taskId(5, 2);
  const auto storage = open(RedisLayout::Hashed, 1h);
  save(*storage, {record(first, 1, ExitStatus::Success, "one"), record(second, 1, ExitStatus::Success, "two")});
  EXPECT_EQ(keys(), Json{"leptir:taskinfo.2031-01-01T00:05"});
  EXPECT_EQ(ask({"TTL", "leptir:taskinfo.2031-01-01T00:05"}), 3600);
  EXPECT_EQ(responseOf(*storage, first), "one");
  EXPECT_EQ(responseOf(*storage, second), "two");
  save(*storage, {record(second, 1, ExitStatus::Success, "late"), record(first, 2, ExitStatus::Success, "again")});
  EXPECT_EQ(responseOf(*storage, first), "again");
  EXPECT_EQ(responseOf(*storage, second), "two");
}

TEST_F(RedisMetaStorageTest, AHashExpiresWithItsLastRecord) {
  const auto first = taskId(5, 1), second = taskId(5, 2);
  const auto storage = open(RedisLayout::Hashed, 1h);
  save(*storage, {record(first)});
  server.advance(40min);
  save(*storage, {failure(second)});
  server.advance(40min);
  EXPECT_TRUE(storage->loadMetaInfoById(first));
  server.advance(20min + 1ms);
  EXPECT_EQ(storage->loadMetaInfoById(first).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(listed(*storage), Ids{});
}

TEST_F(RedisMetaStorageTest, HashedLayoutKeepsIdsWithoutATimeUnderTheirOwnKeys) {
  const auto storage = open(RedisLayout::Hashed);
  save(*storage, {failure("145596b0468b93b22a4.02397032", 1)});
  save(*storage, {failure("145596b0468b93b22a4.02397032", 2)});
  EXPECT_EQ(keys("*taskinfo:*"), Json{"leptir:taskinfo:145596b0468b93b22a4.02397032"});
  EXPECT_EQ(listed(*storage), Ids{"145596b0468b93b22a4.02397032"});
}

TEST_F(RedisMetaStorageTest, AHashKeyThatHoldsAnotherTypeIsInvalid) {
  ask({"SET", "leptir:taskinfo.2031-01-01T00:00", "somebody's"});
  const auto saved = open(RedisLayout::Hashed)->saveMetaInfo(std::vector{record(taskId(0, 1))});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::Invalid);
}

TEST(RedisMetaStorageServer, IsUnavailableWhileTheServerIsDownAndWorksAgainAfterwards) {
  RedisServer server({"appendonly yes"});
  RedisAddress address;
  address.scheme = RedisAddress::Scheme::Unix;
  address.path = server.socket();
  RedisMetaStorage storage(std::make_shared<RedisConnection>(address), "leptir:taskinfo", RedisLayout::Plain, {});
  save(storage, {record("a", 1, ExitStatus::Success, "before")});
  server.stop();
  EXPECT_EQ(storage.saveMetaInfo(std::vector{record("a", 2)}).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(storage.loadMetaInfoById("a").error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(storage.listMetaInfo({}, {}).error().code(), ErrorCode::Unavailable);
  server.start();
  save(storage, {record("a", 2, ExitStatus::Success, "after")});
  EXPECT_EQ(responseOf(storage, "a"), "after");
}

}  // namespace
}  // namespace leptir::redis
