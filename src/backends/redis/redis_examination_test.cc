// Faults of a real server, each found.
#include "backends/redis/redis_examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StoreExamination examine(RedisServer& server) {
  RedisConnection connection(redisAt(server.socket()));
  auto examination = examineServer(connection);
  EXPECT_TRUE(examination) << examination.error().message();
  return examination.value_or(StoreExamination());
}

auto isFinding(FindingSeverity severity, const std::string& kind, const std::string& part) {
  return AllOf(Field(&StoreFinding::severity, severity), Field(&StoreFinding::kind, kind),
               Field(&StoreFinding::what, HasSubstr(part)));
}

TEST(RedisExamination, FindsNothingAtADurableServer) {
  RedisServer server({"appendonly yes"});
  const auto examination = examine(server);
  EXPECT_THAT(examination.findings, IsEmpty());
  EXPECT_GT(examination.looked, 5u);
  ASSERT_TRUE(examination.clock);
  EXPECT_LT(std::chrono::abs(*examination.clock - examination.asked), 10s);
}

TEST(RedisExamination, FindsAServerThatEvicts) {
  RedisServer server({"appendonly yes", "maxmemory-policy allkeys-lru"});
  EXPECT_THAT(examine(server).findings, Contains(isFinding(FindingSeverity::Problem, "eviction", "allkeys-lru")));
}

TEST(RedisExamination, FindsAServerThatIsAlmostFull) {
  RedisServer server({"appendonly yes"});
  const auto info = server.ask({"INFO", "memory"}).get<std::string>();
  const auto used = std::stoull(std::string(info.substr(info.find("used_memory:") + 12)));
  server.ask({"CONFIG", "SET", "maxmemory", std::to_string(used + used / 50)});
  EXPECT_THAT(examine(server).findings, Contains(Field(&StoreFinding::kind, "memory")));
}

TEST(RedisExamination, FindsAReplica) {
  RedisServer server({"appendonly yes"});
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(examine(server).findings, Contains(isFinding(FindingSeverity::Problem, "replica", "cannot be written")));
}

TEST(RedisExamination, FindsASnapshotThatFailed) {
  RedisServer server({"appendonly yes"});
  std::filesystem::create_directory(server.folder() / "dump.rdb");  // a file cannot take the place of a folder
  std::filesystem::create_directory(server.folder() / "dump.rdb" / "occupied");
  server.ask({"BGSAVE"});
  const auto hasFailed = [&] {
    return server.ask({"INFO", "persistence"}).get<std::string>().find("rdb_last_bgsave_status:err") !=
           std::string::npos;
  };
  ASSERT_TRUE(waitUntil(hasFailed, 20s));
  EXPECT_THAT(examine(server).findings,
              Contains(isFinding(FindingSeverity::Problem, "durability", "its last snapshot failed")));
}

TEST(RedisExamination, FindsAServerWithAlmostAsManyClientsAsItTakes) {
  RedisServer server({"appendonly yes", "maxclients 5"});
  std::vector<std::unique_ptr<RedisConnection>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<RedisConnection>(redisAt(server.socket())));
    ASSERT_TRUE(others.back()->connect());
  }
  EXPECT_THAT(examine(server).findings, Contains(Field(&StoreFinding::kind, "low-limit")));
}

TEST(RedisExamination, TellsTheClockOfTheServer) {
  RedisServer server({"appendonly yes"}, RedisServer::Reach::UnixSocket, RedisServer::Time::Shifted);
  server.advance(1h);
  const auto examination = examine(server);
  ASSERT_TRUE(examination.clock);
  EXPECT_GT(*examination.clock - examination.asked, 50min);
}

TEST(RedisExamination, FindsKeysThatWereEvicted) {
  const auto examination = examineInfo("evicted_keys:7\r\nmaxmemory:0\r\n", "redis x");
  EXPECT_THAT(examination.findings, Contains(isFinding(FindingSeverity::Problem, "eviction", "has deleted 7 keys")));
}

TEST(RedisExamination, ReadsAnEmptyAnswerAsNothing) {
  EXPECT_THAT(examineInfo("", "redis x").findings, IsEmpty());
}

}  // namespace
}  // namespace leptir::redis
