// The write-ahead log stays small, and statements find their rows by an index.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/sqlite_database.h"
#include "tests/support/wait_until.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;

struct Running {
  TestDatabase database;
  std::string instance = base::makeInstanceName();
  base::UniqueFd lock = database.lock(instance);
  std::unique_ptr<SimpleBroker> broker = database.broker();
  std::unique_ptr<BrokerSession> session = must(broker->openSession({instance, 1}, {}, 60s));
  std::unique_ptr<SimpleMetaStorage> records = database.records();
  Wake wake;

  void pushAndRun(int tasks) {
    must(broker->pushBrokerTasks(someTasks(tasks)));
    while (true) {
      const auto popped = must(session->popBrokerTasks(512, 0s, wake));
      if (popped.empty()) return;
      std::vector<LeaseId> leases;
      std::vector<MetaInfo> infos;
      for (const auto& task : popped) {
        leases.push_back(task.lease);
        infos.emplace_back();
        infos.back().id = base::makeTaskId();
        infos.back().response = std::string(300, 'x');
      }
      must(records->saveMetaInfo(infos));
      must(session->acknowledge(leases));
    }
  }
};

TEST(SqliteLog, StaysBelow64MebibytesUnderLoad) {
  Running running;
  std::uintmax_t largest = 0;
  for (int i = 0; i < 20; ++i) {
    running.pushAndRun(2'000);
    largest = std::max(largest, std::filesystem::file_size(running.database.wal));
  }
  EXPECT_GT(largest, 16u << 20) << "not enough load to show anything";
  EXPECT_LT(largest, 64u << 20);
}

TEST(SqliteLog, IsTruncatedWhenTheSessionIsIdle) {
  Running running;
  running.pushAndRun(500);
  EXPECT_GT(std::filesystem::file_size(running.database.wal), 0u);
  EXPECT_TRUE(waitUntil([&] {
    must(running.session->popBrokerTasks(1, 100ms, running.wake));
    return std::filesystem::file_size(running.database.wal) == 0;
  }));
}

std::string planOf(SqliteConnection& connection, const std::string& sql) {
  SqliteStatement explain(connection, "EXPLAIN QUERY PLAN " + sql);
  std::string plan;
  explain.with();
  while (explain.step()) plan += std::string(explain.text(3)) + "\n";
  return connection.failed() ? connection.transactionResult().error().message() : plan;
}

TEST(SqliteLog, FrequentStatementsUseAnIndexAndSortNothing) {
  TestDatabase database;
  database.broker();
  const auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  const auto connection = must(SqliteConnection::open(file, systemClock()));
  using ::testing::HasSubstr;
  using ::testing::Not;
  const auto due = planOf(*connection,
                          "SELECT seq, envelope FROM leptir_tasks WHERE holder = 16777216 AND due <= 5"
                          " ORDER BY due, seq LIMIT 512");
  EXPECT_THAT(due, HasSubstr("leptir_tasks_waiting"));
  EXPECT_THAT(due, Not(HasSubstr("TEMP B-TREE")));
  EXPECT_THAT(planOf(*connection, "SELECT min(due) FROM leptir_tasks WHERE holder = 16777216"),
              HasSubstr("leptir_tasks_waiting"));
  EXPECT_THAT(planOf(*connection, "SELECT seq FROM leptir_tasks WHERE holder = ? AND holder > 16777217"),
              HasSubstr("leptir_tasks_held"));
  const auto buried = planOf(*connection, "SELECT id FROM leptir_tasks WHERE holder = 16777217 ORDER BY buried, seq");
  EXPECT_THAT(buried, HasSubstr("leptir_tasks_buried"));
  EXPECT_THAT(buried, Not(HasSubstr("TEMP B-TREE")));
  EXPECT_THAT(planOf(*connection, "SELECT record FROM leptir_records WHERE saved > 5 ORDER BY saved DESC"),
              HasSubstr("leptir_records_saved"));
}

TEST(SqliteLog, ExpireDeletesAtMost5000RecordsInACall) {
  ManualClock clock;
  TempDir folder;
  SqliteBackend backend(clock);
  const auto records = must(backend.openMetaStorage({{"path", (folder / "r.db").string()}}, 60s));
  std::vector<MetaInfo> infos(12'000);
  for (auto& info : infos) info.id = base::makeTaskId();
  must(records->saveMetaInfo(infos));
  clock.advance(2min);
  EXPECT_EQ(must(records->expire()), 5'000u);
  EXPECT_EQ(must(records->expire()), 5'000u);
  EXPECT_EQ(must(records->expire()), 2'000u);
  EXPECT_EQ(must(records->expire()), 0u);
}

}  // namespace
}  // namespace leptir::sqlite
