#include "tests/support/redis_server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include "tests/support/child.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

std::int64_t secondsOf(RedisServer& server) {
  return std::stoll(server.ask({"TIME"}).at(0).get<std::string>());
}

TEST(RedisServerOfATest, KeepsBytesThatAreNotText) {
  auto& server = sharedRedisServer();
  const std::string bytes("a\0\xff b", 5);
  EXPECT_EQ(server.ask({"SET", "key", bytes}), "OK");
  EXPECT_EQ(server.ask({"GET", "key"}).get<std::string>(), bytes);
  EXPECT_EQ(server.ask({"GET", "other"}), nullptr);
  EXPECT_THROW(server.ask({"LPUSH", "key", "x"}), std::runtime_error);
}

TEST(RedisServerOfATest, IsEmptyForEachTestThatSharesTheServer) {
  sharedRedisServer().ask({"SET", "key", "value"});
  EXPECT_EQ(sharedRedisServer().ask({"DBSIZE"}), 0);
}

TEST(RedisServerOfATest, ListensOnATcpPortWhenAskedTo) {
  RedisServer server({}, RedisServer::Reach::Tcp);
  EXPECT_GT(server.port(), 0);
  EXPECT_EQ(server.ask({"CONFIG", "GET", "port"}), (Json{"port", std::to_string(server.port())}));
}

TEST(RedisServerOfATest, LoadsItsAppendOnlyFileAfterARestart) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  server.ask({"SET", "key", "value"});
  server.kill();
  server.start();
  EXPECT_EQ(server.ask({"GET", "key"}), "value");
}

TEST(RedisServerOfATest, StartsWithAPasswordThatItRequires) {
  RedisServer server({"requirepass secret"});
  EXPECT_THROW(server.ask({"GET", "key"}), std::runtime_error);
}

TEST(RedisServerOfATest, SaysWhyItDoesNotStart) {
  try {
    RedisServer server({"no-such-setting 1"});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no-such-setting"), std::string::npos) << error.what();
  }
}

TEST(RedisServerOfATest, DiesWithATestThatIsKilled) {
  int numbers[2];
  ASSERT_EQ(::pipe(numbers), 0);
  const auto test = startChild([&] {
    RedisServer server;
    const pid_t pid = server.pid();
    if (::write(numbers[1], &pid, sizeof pid) != sizeof pid) return false;
    for (;;) ::pause();
  });
  pid_t server = 0;
  ASSERT_EQ(::read(numbers[0], &server, sizeof server), static_cast<ssize_t>(sizeof server));
  EXPECT_EQ(::kill(server, 0), 0);
  killChild(test);
  EXPECT_TRUE(waitUntil([&] { return ::kill(server, 0) != 0; }));
}

TEST(RedisServerOfATest, AdvancesAShiftedClock) {
  RedisServer server({}, RedisServer::Reach::UnixSocket, RedisServer::Time::Shifted);
  server.ask({"SET", "short", "1", "EX", "3600"});
  server.ask({"SET", "long", "1", "EX", "7200"});
  const auto before = secondsOf(server);
  server.advance(3601s);
  EXPECT_GE(secondsOf(server), before + 3601);
  EXPECT_EQ(server.ask({"GET", "short"}), nullptr);
  EXPECT_EQ(server.ask({"GET", "long"}), "1");
}

TEST(RedisServerOfATest, KeepsAManualClockStillUntilTheTestMovesIt) {
  auto& server = sharedRedisServer(RedisServer::Time::Manual);
  ManualClock clock;
  const auto now = [&] {
    return Json{std::to_string(clock.now().time_since_epoch() / 1s),
                std::to_string(clock.now().time_since_epoch().count() % 1'000'000)};
  };
  EXPECT_EQ(server.ask({"TIME"}), now());
  for (auto* each : {"x", "y"}) server.ask({"SET", each, "1", "PX", "1500"});
  server.advance(1499999us);
  clock.advance(1499999us);
  EXPECT_EQ(server.ask({"TIME"}), now());
  EXPECT_EQ(server.ask({"GET", "x"}), "1");
  server.advance(1001us);  // a key expires in the millisecond after its last one
  EXPECT_EQ(server.ask({"GET", "x"}), nullptr);
}

}  // namespace
}  // namespace leptir
