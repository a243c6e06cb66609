// The database file is removed or replaced, or its disk fails, while it is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/support/child.h"
#include "tests/support/sqlite_database.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void removeFiles(const TestDatabase& database) {
  for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database.path.string() + suffix);
}

TEST(SqliteReplaced, ARemovedFileTakesNoPushAndIsOpenedAnew) {
  TestDatabase database;
  auto broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_TRUE(broker->isUsable());
  removeFiles(database);
  const auto refused = broker->pushBrokerTasks(someTasks(1));
  ASSERT_FALSE(refused) << "it would be lost";
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("removed or replaced"));
  EXPECT_FALSE(broker->isUsable());
  broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_EQ(broker->tasksCount()->due, 1u);
}

TEST(SqliteReplaced, ANewFileInItsPlaceIsNoticedByAnIdleSession) {
  TestDatabase database;
  const auto instance = makeInstanceName();
  const auto lock = database.lock(instance);
  auto broker = database.broker();
  auto session = must(broker->openSession({instance, 1}, {}, 60s));
  removeFiles(database);
  must(SqliteBackend().openBroker(database.connection, BrokerUse::Push));
  Wake wake;
  Result<std::vector<LeasedTask>> answer;
  EXPECT_TRUE(waitUntil([&] { return !(answer = session->popBrokerTasks(1, 10ms, wake)); }));
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  session.reset();
  broker = database.broker();
  EXPECT_EQ(broker->resumeSession({instance, 1}).error().code(), ErrorCode::Lost);
  EXPECT_TRUE(broker->openSession({instance, 2}, {}, 60s));
}

TEST(SqliteReplaced, AFolderThatMayNotBeLookedIntoSaysNothing) {
  TestDatabase database;
  const auto broker = database.broker(BrokerUse::Push);
  EXPECT_TRUE(inChild([&] {
    auto theirs = must(SqliteBackend().openBroker(database.connection, BrokerUse::Push));
    std::filesystem::permissions(database.folder.path(), std::filesystem::perms(0));
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return false;
    return theirs->tasksCount() && theirs->isUsable();
  }));
  std::filesystem::permissions(database.folder.path(), std::filesystem::perms(0700));
}

TEST(SqliteReplaced, AConnectionThatMetAnIoErrorIsNeverUsedAgain) {
  TestDatabase database;
  EXPECT_TRUE(inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto broker = database.broker(BrokerUse::Push);
    const auto beside = database.records();
    const auto limit = [](rlim_t bytes) {
      const rlimit limits{bytes, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limits);
    };
    limit(1 << 20);
    int pushes = 0;
    while (broker->pushBrokerTasks(someTasks(100))) {
      if (++pushes == 1000) return false;
    }
    limit(RLIM_INFINITY);
    const auto again = broker->pushBrokerTasks(someTasks(1));
    const bool refused = !again && again.error().code() == ErrorCode::Unavailable && !broker->isUsable();
    return refused && !beside->listMetaInfo({}, {}) && database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1));
  }));
}

}  // namespace
}  // namespace leptir
