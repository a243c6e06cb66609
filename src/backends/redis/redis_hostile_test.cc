// Servers that accept and never answer, send garbage, or close after any byte: each call returns an Error, within its
// timeout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "backends/redis/redis_blocking_connection.h"
#include "backends/redis/redis_connection.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Duration kConnectTimeout = 300ms, kOperationTimeout = 500ms;

RedisAddress impatientlyAt(const FakeRedis& server) {
  auto address = redisAt(server.socket());
  address.connectTimeout = kConnectTimeout;
  address.operationTimeout = kOperationTimeout;
  return address;
}

// Returns the error of a call and how long the call took.
template <class Call>
std::pair<Error, Duration> failureOf(Call call) {
  const auto began = systemClock().bootTime();
  const auto answer = call();
  const auto taken = systemClock().bootTime() - began;
  return {answer ? Error(ErrorCode::Internal, "it went well") : answer.error(), taken};
}

void expectSilenceWithin(const std::pair<Error, Duration>& failure, Duration timeout) {
  EXPECT_EQ(failure.first.code(), ErrorCode::Unavailable) << failure.first.message();
  EXPECT_THAT(failure.first.message(), HasSubstr("no answer within"));
  EXPECT_GE(failure.second, timeout - 1ms);
  EXPECT_LE(failure.second, timeout + timeout / 10);
}

TEST(HostileRedis, ASilentServerFailsConnectAfterTheConnectTimeout) {
  FakeRedis server([](FakePeer& peer) { peer.receiveUntilClosed(); });
  RedisConnection connection(impatientlyAt(server));
  expectSilenceWithin(failureOf([&] { return connection.connect(); }), kConnectTimeout);
}

TEST(HostileRedis, ASilentServerFailsACommandAfterTheOperationTimeout) {
  FakeRedis server([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receiveUntilClosed();
  });
  RedisConnection connection(impatientlyAt(server));
  ASSERT_TRUE(connection.connect());
  expectSilenceWithin(failureOf([&] { return connection.run({"GET", "a"}); }), kOperationTimeout);
}

TEST(HostileRedis, SilenceAfterHalfAReplyFailsAfterTheOperationTimeout) {
  FakeRedis server([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receive("GET");
    peer.send("*2\r\n$5\r\nhel");
    peer.receiveUntilClosed();
  });
  RedisConnection connection(impatientlyAt(server));
  ASSERT_TRUE(connection.connect());
  expectSilenceWithin(failureOf([&] { return connection.run({"GET", "a"}); }), kOperationTimeout);
}

TEST(HostileRedis, ASilentServerFailsAWaitOneOperationTimeoutAfterItsTime) {
  FakeRedis server([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receiveUntilClosed();
  });
  RedisBlockingConnection connection(impatientlyAt(server));
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "0.2"};
  const auto failure = failureOf([&] { return connection.wait(words, 200ms, 20s, wake); });
  EXPECT_EQ(failure.first.code(), ErrorCode::Unavailable);
  EXPECT_LE(failure.second, 200ms + kOperationTimeout + kOperationTimeout / 10);
}

TEST(HostileRedis, AWakeEndsAWaitForASilentServer) {
  FakeRedis server([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receiveUntilClosed();
  });
  RedisBlockingConnection connection(redisAt(server.socket()));
  Wake wake;
  std::jthread rings([&] { wake.ring(); });
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  const auto reply = connection.wait(words, 20s, 20s, wake);
  rings.join();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(*reply);
}

TEST(HostileRedis, AServerThatReadsNothingDoesNotBlockAPipelineForEver) {
  Wake go;
  FakeRedis server([&](FakePeer& peer) {
    peer.answerGreeting();
    go.waitFor(20s);
  });
  RedisConnection connection(impatientlyAt(server));
  const auto failure = failureOf([&] {
    for (int i = 0; i < 1000; ++i) connection.append({"SET", "a", std::string(1000, 'x')});
    return connection.exchange();
  });
  go.ring();
  EXPECT_EQ(failure.first.code(), ErrorCode::Unavailable);
  EXPECT_LE(failure.second, 2s) << "the deadline moves by a second for each MiB that the kernel buffered";
}

TEST(HostileRedis, AServerThatClosesAfterAnyReceivedByteIsUnavailable) {
  constexpr std::size_t kGreeting = 22 + 14;  // HELLO 2, PING
  std::atomic<std::size_t> bytes = 0;         // the server has a thread of its own
  FakeRedis server([&](FakePeer& peer) {
    const std::size_t most = bytes;
    if (most >= kGreeting) peer.answerGreeting();
    peer.receiveBytes(most >= kGreeting ? most - kGreeting : most);
  });
  for (bytes = 0; bytes < kGreeting + 30; ++bytes) {
    RedisConnection connection(redisAt(server.socket()));
    const auto reply = connection.run({"SET", "key", "value"});
    ASSERT_FALSE(reply) << bytes;
    ASSERT_EQ(reply.error().code(), ErrorCode::Unavailable) << bytes << reply.error().message();
  }
}

TEST(HostileRedis, AServerThatClosesAfterAnySentByteIsUnavailable) {
  const std::string said = "*0\r\n+PONG\r\n*3\r\n$2\r\nab\r\n:12\r\n$-1\r\n";
  std::atomic<std::size_t> bytes = 0;  // the server has a thread of its own
  FakeRedis server([&](FakePeer& peer) {
    peer.receive("PING\r\n");
    peer.send(said.substr(0, std::min<std::size_t>(bytes, 11)));
    if (bytes <= 11) return;
    peer.receive("GET");
    peer.send(said.substr(11, bytes - 11));
  });
  for (bytes = 0; bytes < said.size(); ++bytes) {
    RedisConnection connection(redisAt(server.socket()));
    const auto reply = connection.run({"GET", "key"});
    ASSERT_FALSE(reply) << bytes;
    ASSERT_EQ(reply.error().code(), ErrorCode::Unavailable) << bytes << reply.error().message();
  }
  RedisConnection connection(redisAt(server.socket()));
  EXPECT_EQ(connection.run({"GET", "key"})->value().size(), 3u) << "the whole reply is accepted";
}

TEST(HostileRedis, ARequestIsNeverSentAgainByTheConnection) {
  std::atomic<int> heard = 0;
  FakeRedis server([&](FakePeer& peer) {
    peer.answerGreeting();
    if (peer.receive("INCR").ends_with("INCR")) ++heard;
  });
  RedisConnection connection(redisAt(server.socket()));
  EXPECT_FALSE(connection.run({"INCR", "n"}));
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(server.clients(), 1);
}

TEST(HostileRedis, MoreRepliesThanRequestsAreAnError) {
  FakeRedis server([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receive("GET");
    peer.send("$1\r\n1\r\n$1\r\n2\r\n");
    peer.receiveUntilClosed();
  });
  RedisConnection connection(redisAt(server.socket()));
  const auto reply = connection.run({"GET", "a"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("more replies than it was asked for"));
}

TEST(HostileRedis, AnUnrequestedReplyIsNotTakenForTheNextOne) {
  Wake said;
  std::atomic<int> greeted = 0;
  FakeRedis server([&](FakePeer& peer) {
    peer.answerGreeting();
    if (++greeted == 1) peer.send("$3\r\nold\r\n");
    said.ring();
    peer.receive("GET");
    peer.send("$3\r\nnew\r\n");
  });
  RedisConnection connection(redisAt(server.socket()));
  (void)connection.connect();  // may already fail because of that reply; otherwise the next call notices it
  ASSERT_TRUE(said.waitFor(20s));
  const auto reply = connection.run({"GET", "a"});
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->value().text(), "new");
}

TEST(HostileRedis, AServerOfAnotherProtocolIsReportedAsSuch) {
  FakeRedis server([](FakePeer& peer) {
    peer.receive("PING\r\n");
    peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.receiveUntilClosed();
  });
  const auto connected = RedisConnection(redisAt(server.socket())).connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(connected.error().message(), HasSubstr("is it a redis-server"));
}

TEST(HostileRedis, APasswordThatTheServerQuotesIsNotInTheMessage) {
  FakeRedis server([](FakePeer& peer) {
    peer.receive("PING\r\n");
    peer.send("-ERR unknown command 'AUTH', with args beginning with: 'geheim'\r\n*0\r\n+PONG\r\n");
    peer.receiveUntilClosed();
  });
  auto address = redisAt(server.socket());
  address.password = "geheim";
  const auto connected = RedisConnection(address).connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(connected.error().message(), Not(HasSubstr("geheim")));
}

TEST(HostileRedis, AServerThatIsLoadingIsUnavailableUntilItHasLoaded) {
  std::atomic<bool> loading = true;
  FakeRedis server([&](FakePeer& peer) {
    peer.receive("PING\r\n");
    peer.send(loading ? "*0\r\n-LOADING Redis is loading the dataset in memory\r\n" : "*0\r\n+PONG\r\n");
    peer.receive("GET");
    peer.send("$1\r\n1\r\n");
  });
  RedisConnection connection(redisAt(server.socket()));
  const auto refused = connection.run({"GET", "a"});
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("still loading"));
  loading = false;
  EXPECT_TRUE(connection.run({"GET", "a"}));
}

// Whatever bytes the server sends, the call returns an Error or what can be read from them, and does not crash.
TEST(HostileRedis, FuzzedRepliesEndEachCall) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  FakeRedis server([&](FakePeer& peer) {
    peer.answerGreeting();
    peer.receive("\r\nGET\r\n");
    static constexpr std::string_view kAlphabet = "$*:+-\r\n0123456789abc";
    std::string bytes(random() % 300 + 1, 0);
    for (auto& byte : bytes) byte = kAlphabet[random() % kAlphabet.size()];
    peer.send(bytes);
  });
  int errors = 0;
  for (int round = 0; round < 2'000; ++round) {
    RedisConnection connection(redisAt(server.socket()));
    const auto reply = connection.run({"GET", "a"});
    errors += reply ? 0 : 1;
  }
  EXPECT_GT(errors, 1'000);
}

}  // namespace
}  // namespace leptir::redis
