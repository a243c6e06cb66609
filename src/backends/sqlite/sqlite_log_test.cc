// The write-ahead log stays small, and statements find their rows by an index.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/record_statements.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/statements.h"
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

std::string planOf(SqliteConnection& connection, std::string_view sql) {
  SqliteStatement explain(connection, "EXPLAIN QUERY PLAN " + std::string(sql));
  std::string plan;
  explain.start();
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
  const std::vector<std::pair<std::string_view, std::string>> indexOf{{sql::kDueAtOnceTasks, "leptir_tasks_waiting"},
                                                                      {sql::kDueByTimeTasks, "leptir_tasks_waiting"},
                                                                      {sql::kEarliestDue, "leptir_tasks_waiting"},
                                                                      {sql::kWaitingTasks, "leptir_tasks_waiting"},
                                                                      {sql::kCountTasks, "leptir_tasks_held"},
                                                                      {sql::kHeldTasks, "leptir_tasks_held"},
                                                                      {sql::kReturnTasksOfSession, "leptir_tasks_held"},
                                                                      {sql::kBuriedTasks, "leptir_tasks_buried"},
                                                                      {sql::kFindTask, "leptir_tasks_id"},
                                                                      {sql::kListRecords, "leptir_records_saved"},
                                                                      {sql::kExpireRecords, "leptir_records_saved"}};
  for (const auto& [statement, index] : indexOf) {
    const auto plan = planOf(*connection, statement);
    EXPECT_THAT(plan, HasSubstr(index)) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << statement;
  }
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
