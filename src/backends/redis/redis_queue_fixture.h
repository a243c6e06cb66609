// For tests: a queue on a real server, used by leptir and by other programs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/redis/redis_broker.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {

class RedisQueueTest : public testing::Test {
 protected:
  static constexpr const char* kQueue = "leptir:ztasks";

  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  std::unique_ptr<RedisBroker> open(RedisAddress address) {
    return must(RedisBroker::open(std::make_shared<RedisConnection>(std::move(address)), kQueue));
  }
  std::unique_ptr<RedisBroker> open() { return open(redisAt(server.socket())); }
  // The address with the login of a user who has exactly these rights.
  RedisAddress addressOf(std::string_view user, std::vector<std::string_view> rights) {
    rights.insert(rights.begin(), {"ACL", "SETUSER", user, "on", ">secret"});
    server.ask(rights);
    auto address = redisAt(server.socket());
    address.user = user;
    address.password = "secret";
    return address;
  }
  static std::unique_ptr<BrokerSession> openSession(RedisBroker& broker, char letter = 'a') {
    return must(broker.openSession({std::string(32, letter), 1}, {"host", 1, "0.1.0", 4}, std::chrono::hours(1)));
  }

  static BrokerTask task(std::string id, std::optional<Time> due = {}) {
    BrokerTask task;
    task.id = std::move(id);
    task.name = "Test";
    task.timeOfExecution = due;
    return task;
  }
  // `prefix`0, `prefix`1, …
  static std::vector<BrokerTask> tasks(const std::string& prefix, int count, std::optional<Time> due = {}) {
    std::vector<BrokerTask> made;
    for (int i = 0; i < count; ++i) made.push_back(task(prefix + std::to_string(i), due));
    return made;
  }
  void push(const std::string& prefix, int count) { must(broker->pushBrokerTasks(tasks(prefix, count))); }
  std::vector<LeasedTask> pop(BrokerSession& session, std::size_t limit = 100) {
    return must(session.popBrokerTasks(limit, Duration(0), wake));
  }

  // Pushes a member as a producer that knows nothing of leptir.
  void strangersPush(std::string_view member, std::string_view score = "1") {
    server.ask({"ZADD", kQueue, score, member});
  }
  void othersTakeEverything() { server.ask({"DEL", kQueue}); }
  int waiting() { return server.ask({"ZCARD", kQueue}).get<int>(); }
  int knownIds() { return server.ask({"HLEN", "{leptir:ztasks}:ids"}).get<int>(); }

  RedisServer& server = sharedRedisServer();
  std::unique_ptr<RedisBroker> broker = open();
  Wake wake;
};

}  // namespace leptir::redis
