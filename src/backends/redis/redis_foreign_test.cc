// What others do to a queue while leptir uses it: consumers that take members out, as PHP does.
#include <gtest/gtest.h>

#include "backends/redis/redis_broker.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class RedisBesideOthers : public testing::Test {
 protected:
  RedisBesideOthers() {
    auto opened = RedisBroker::open(std::make_shared<RedisConnection>(redisAt(server.socket())), "leptir:ztasks");
    if (!opened) throw std::runtime_error(opened.error().message());
    broker = std::move(*opened);
  }

  void push(const std::string& prefix, int count) {
    std::vector<BrokerTask> tasks(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      tasks[static_cast<std::size_t>(i)].id = prefix + std::to_string(i);
      tasks[static_cast<std::size_t>(i)].name = "Test";
    }
    const auto pushed = broker->pushBrokerTasks(tasks);
    ASSERT_TRUE(pushed) << pushed.error().message();
  }
  std::unique_ptr<BrokerSession> session() {
    auto opened = broker->openSession({std::string(32, 'a'), 1}, {"host", 1, "0.1.0", 4}, 1h);
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }
  int waiting() { return server.ask({"ZCARD", "leptir:ztasks"}).get<int>(); }
  int knownIds() { return server.ask({"HLEN", "{leptir:ztasks}:ids"}).get<int>(); }
  void othersTakeEverything() { server.ask({"DEL", "leptir:ztasks"}); }

  RedisServer& server = sharedRedisServer();
  std::unique_ptr<RedisBroker> broker;
};

TEST_F(RedisBesideOthers, WhatTheyTakeDoesNotPileUp) {
  for (int round = 0; round < 30; ++round) {
    push("round" + std::to_string(round) + "-", 200);
    othersTakeEverything();
  }
  EXPECT_LT(knownIds(), 3000);
  for (int i = 0; i < 3000; ++i) {
    push("single" + std::to_string(i) + "-", 1);
    othersTakeEverything();
  }
  EXPECT_LT(knownIds(), 2000);
}

TEST_F(RedisBesideOthers, IdsThatAreThereAreNeverForgotten) {
  push("leased", 50);
  const auto holder = session();
  Wake wake;
  ASSERT_EQ(holder->popBrokerTasks(50, 0s, wake)->size(), 50u);
  for (int round = 0; round < 20; ++round) {
    push("taken" + std::to_string(round) + "-", 200);
    othersTakeEverything();
  }
  push("waiting", 50);
  for (int round = 0; round < 20; ++round) push("more" + std::to_string(round), 1);

  const auto before = waiting();
  push("leased", 50);
  push("waiting", 50);
  EXPECT_EQ(waiting(), before) << "a task whose id is in the queue is not added twice";
}

}  // namespace
}  // namespace leptir
