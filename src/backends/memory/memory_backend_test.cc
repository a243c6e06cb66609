#include "backends/memory/memory_backend.h"

#include <gtest/gtest.h>

namespace leptir::memory {
namespace {

using namespace std::chrono_literals;

BrokerTask task(std::string id) {
  BrokerTask task;
  task.id = std::move(id);
  task.name = "Test";
  return task;
}

TEST(MemoryBackend, BrokersOfTheSameNameShareTheirTasks) {
  MemoryBackend backend;
  const auto one = backend.openBroker({{"name", "a"}}, BrokerUse::Push);
  const auto same = backend.openBroker({{"name", "a"}}, BrokerUse::Dispatch);
  const auto other = backend.openBroker({{"name", "b"}}, BrokerUse::Dispatch);
  const auto pushed = task("t");
  ASSERT_TRUE(one.value()->pushBrokerTasks({&pushed, 1}));
  EXPECT_EQ(same.value()->tasksCount()->due, 1u);
  EXPECT_EQ(other.value()->tasksCount()->due, 0u);
}

TEST(MemoryBackend, StoragesOfTheSameNameShareTheirRecords) {
  MemoryBackend backend;
  MetaInfo info;
  info.id = "t";
  ASSERT_TRUE(backend.openMetaStorage({{"name", "a"}}, {}).value()->saveMetaInfo({&info, 1}));
  EXPECT_TRUE(backend.openMetaStorage({{"name", "a"}}, {}).value()->loadMetaInfoById("t"));
  EXPECT_FALSE(backend.openMetaStorage({{"name", "b"}}, {}).value()->loadMetaInfoById("t"));
}

TEST(MemoryBackend, ItsQueueAcceptsRawBytesThatAreNoEnvelope) {
  MemoryBackend backend;
  const auto broker = backend.openBroker({{"name", "a"}}, BrokerUse::Dispatch);
  backend.queue("a")->pushRaw("no envelope", systemClock().now());
  EXPECT_EQ(broker.value()->tasksCount()->due, 1u);
}

TEST(MemoryBackend, SessionsExpireByTheClockOfTheBackend) {
  ManualClock clock;
  MemoryBackend backend(clock);
  const auto broker = std::move(backend.openBroker({{"name", "a"}}, BrokerUse::Dispatch)).value();
  const auto pushed = task("t");
  ASSERT_TRUE(broker->pushBrokerTasks({&pushed, 1}));
  const auto session = std::move(broker->openSession({"0123", 1}, {}, 60s)).value();
  Wake wake;
  ASSERT_EQ(session->popBrokerTasks(1, 0s, wake)->size(), 1u);
  const auto other = std::move(backend.openBroker({{"name", "a"}}, BrokerUse::Dispatch)).value();
  clock.advance(59s);
  EXPECT_EQ(other->recoverExpired(10), 0u);
  clock.advance(1s);
  EXPECT_EQ(other->recoverExpired(10), 1u);
}

TEST(MemoryBackend, HasNoSessionLockFile) {
  EXPECT_EQ(MemoryBackend().sessionLockFile({{"name", "a"}}, "0123"), std::nullopt);
}

}  // namespace
}  // namespace leptir::memory
