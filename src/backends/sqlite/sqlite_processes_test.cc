// Several processes on one file, which the conformance suite (one process) cannot test.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/waiting_writers.h"
#include "tests/support/child.h"
#include "tests/support/sqlite_database.h"
#include "tests/support/wait_until.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;

TEST(SqliteProcesses, PushedTasksSurviveKillMinusNine) {
  TestDatabase database;
  const auto done = database.folder / "pushed";
  const pid_t child = startChild([&] {
    must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1'000)));
    database.folder.write("pushed", "");
    ::pause();
    return true;
  });
  ASSERT_TRUE(waitUntil([&] { return std::filesystem::exists(done); }));
  killChild(child);
  EXPECT_EQ(database.broker()->tasksCount()->due, 1'000u);
}

TEST(SqliteProcesses, AProcessKilledWhileItPushesLeavesOnlyWholeLists) {
  TestDatabase database;
  database.broker();
  for (int round = 0; round < 5; ++round) {
    const auto before = database.broker()->tasksCount()->due;
    const pid_t child = startChild([&] {
      const auto broker = database.broker(BrokerUse::Push);
      while (true) must(broker->pushBrokerTasks(someTasks(100)));
      return true;
    });
    const auto reader = database.broker();
    EXPECT_TRUE(waitUntil([&] { return reader->tasksCount()->due > before + 300; }));
    killChild(child);
    EXPECT_EQ(database.broker()->tasksCount()->due % 100, 0u);
  }
}

TEST(SqliteProcesses, SeveralProcessesPushAtOnce) {
  TestDatabase database;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(startChild([&] {  // the first one makes the file
      const auto broker = database.broker(BrokerUse::Push);
      for (int j = 0; j < 50; ++j) must(broker->pushBrokerTasks(someTasks(2)));
      return true;
    }));
  }
  for (const auto child : children) EXPECT_TRUE(exitedSuccessfully(child));
  EXPECT_EQ(database.broker()->tasksCount()->due, 400u);
}

// SQLite's lock has no queue: see waiting_writers.h.
TEST(SqliteProcesses, AProcessThatWaitsToWriteIsSeenUntilItHasWritten) {
  TestDatabase database;
  const auto side = database.path.string() + ".d";
  must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1)));
  const auto isHeld = database.folder / "held";
  // Forked before the lock is taken, because a child inherits what SQLite has noted of the locks of this process.
  const pid_t child = startChild([&] {
    if (!waitUntil([&] { return std::filesystem::exists(isHeld); })) return false;
    must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1)));
    return true;
  });
  sqlite3* writer = nullptr;
  ASSERT_EQ(sqlite3_open(database.path.c_str(), &writer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(writer, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  database.folder.write("held", "");
  WaitingWriters others;
  EXPECT_TRUE(waitUntil([&] { return others.hasOthers(side); }));
  EXPECT_EQ(sqlite3_exec(writer, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(exitedSuccessfully(child));
  EXPECT_FALSE(others.hasOthers(side));
  sqlite3_close(writer);
}

TEST(SqliteProcesses, TwoProcessesNeverLeaseTheSameTask) {
  constexpr std::size_t kTasks = 3'000;
  TestDatabase database;
  must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(kTasks)));
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(startChild([&, i] {
      const auto instance = base::makeInstanceName();
      const auto lock = database.lock(instance);
      const auto broker = database.broker();
      const auto session = must(broker->openSession({instance, 1}, {}, 60s));
      std::ofstream taken(database.folder / ("taken" + std::to_string(i)));
      Wake wake;
      while (true) {
        const auto popped = must(session->popBrokerTasks(10, 0s, wake));
        if (popped.empty()) break;
        std::vector<LeaseId> leases;
        for (const auto& task : popped) {
          leases.push_back(task.lease);
          taken << task.envelope << '\n';
        }
        if (!must(session->acknowledge(leases)).empty()) return false;
      }
      return true;
    }));
  }
  for (const auto child : children) EXPECT_TRUE(exitedSuccessfully(child));
  std::multiset<std::string> all;
  for (const auto* name : {"taken0", "taken1"}) {
    std::ifstream taken(database.folder / name);
    for (std::string line; std::getline(taken, line);) all.insert(line);
  }
  EXPECT_EQ(all.size(), kTasks);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), kTasks);
}

TEST(SqliteProcesses, APushInAnotherProcessWakesAWaitingPop) {
  TestDatabase database;
  const auto instance = base::makeInstanceName();
  const auto lock = database.lock(instance);
  const auto broker = database.broker();
  const auto session = must(broker->openSession({instance, 1}, {}, 60s));
  const pid_t child = startChild([&] {
    must(SqliteBackend().openBroker(database.connection, BrokerUse::Push).value()->pushBrokerTasks(someTasks(1)));
    return true;
  });
  Wake wake;
  std::vector<LeasedTask> popped;
  while (popped.empty()) popped = must(session->popBrokerTasks(1, 1h, wake));
  EXPECT_TRUE(exitedSuccessfully(child));
}

TEST(SqliteProcesses, ASessionOutlivesTheProcessThatOpenedIt) {
  TestDatabase database;
  must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(3)));
  const auto instance = base::makeInstanceName();
  const auto lock = database.lock(instance);
  const pid_t child = startChild([&] {
    const auto broker = database.broker();
    Wake wake;
    must(must(broker->openSession({instance, 1}, {}, 60s))->popBrokerTasks(2, 0s, wake));
    ::raise(SIGKILL);
    return true;
  });
  EXPECT_FALSE(exitedSuccessfully(child));
  const auto broker = database.broker();
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u) << "the instance lives";
  const auto session = must(broker->resumeSession({instance, 1}));
  EXPECT_EQ(must(session->heldTasks()).size(), 2u);
}

TEST(SqliteProcesses, TasksReturnOnceTheLastProcessOfTheirInstanceIsDead) {
  TestDatabase database;
  must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(3)));
  const auto instance = base::makeInstanceName();
  const auto ready = database.folder / "ready";
  const pid_t master = startChild([&] {
    const auto lock = database.lock(instance);
    const auto broker = database.broker();
    Wake wake;
    must(must(broker->openSession({instance, 1}, {}, 60s))->popBrokerTasks(2, 0s, wake));
    database.folder.write("ready", "");
    ::pause();
    return true;
  });
  ASSERT_TRUE(waitUntil([&] { return std::filesystem::exists(ready); }));
  const auto broker = database.broker();
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  killChild(master);
  EXPECT_EQ(must(broker->recoverExpired(10)), 2u);
  EXPECT_EQ(broker->tasksCount()->due, 3u);
}

TEST(SqliteProcesses, OpeningASessionWithoutTheLockIsRefused) {
  TestDatabase database;
  const auto answer = database.broker()->openSession({base::makeInstanceName(), 1}, {}, 60s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable) << "the master may be making the lock file again right now";
}

TEST(SqliteProcesses, OpeningASessionWithAnInvalidNameIsRefused) {
  TestDatabase database;
  EXPECT_EQ(database.broker()->openSession({"../somewhere", 1}, {}, 60s).error().code(), ErrorCode::Invalid);
}

TEST(SqliteProcesses, AConnectionIsRefusedInAForkedChild) {
  TestDatabase database;
  auto broker = database.broker();
  EXPECT_TRUE(inChild([&] {
    const auto answer = broker->pushBrokerTasks(someTasks(1));
    const bool refused = !answer && answer.error().code() == ErrorCode::Internal;
    broker.reset();  // the destructor does not touch the file
    return refused;
  }));
  EXPECT_TRUE(broker->pushBrokerTasks(someTasks(1)));
}

}  // namespace
}  // namespace leptir::sqlite
