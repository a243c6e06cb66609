// Faults of a real database, each found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

// Another program at the database.
class OtherProgram {
 public:
  explicit OtherProgram(const TestDatabase& database) { sqlite3_open(database.path.c_str(), &handle_); }
  ~OtherProgram() { sqlite3_close(handle_); }

  void run(const std::string& sql) {
    ASSERT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle_);
  }

 private:
  sqlite3* handle_ = nullptr;
};

// Whatever the disk of this machine has left is no subject of these tests.
std::vector<StoreFinding> examine(TestDatabase& database) {
  auto examination = must(database.broker(BrokerUse::Inspect)->examine());
  std::erase_if(examination.findings, [](const StoreFinding& finding) { return finding.kind == "disk-space"; });
  EXPECT_GT(examination.looked, 5u);
  return examination.findings;
}

TEST(SqliteExamination, FindsNothingInAHealthyDatabase) {
  TestDatabase database;
  database.broker();
  database.records();
  EXPECT_THAT(examine(database), ElementsAre());
}

TEST(SqliteExamination, FindsALogThatAReaderKeepsFromBeingEmptied) {
  TestDatabase database;
  const auto broker = database.broker();
  OtherProgram reader(database), writer(database);
  reader.run("BEGIN; SELECT count(*) FROM leptir_tasks");
  writer.run("CREATE TABLE other (data BLOB)");
  for (int i = 0; i < 14; ++i) writer.run("INSERT INTO other VALUES (zeroblob(10000000))");
  EXPECT_THAT(examine(database), ElementsAre(AllOf(Field(&StoreFinding::kind, "wal-growth"),
                                                   Field(&StoreFinding::severity, FindingSeverity::Warning),
                                                   Field(&StoreFinding::advice, HasSubstr("fuser")))));
}

TEST(SqliteExamination, FindsAnIndexThatAnotherProgramDropped) {
  TestDatabase database;
  database.broker();
  OtherProgram(database).run("DROP INDEX leptir_tasks_waiting");
  const auto findings = examine(database);
  ASSERT_THAT(findings, ElementsAre(AllOf(Field(&StoreFinding::kind, "missing-index"),
                                          Field(&StoreFinding::severity, FindingSeverity::Problem))));
  const auto& advice = findings[0].advice;
  OtherProgram(database).run(advice.substr(advice.find("CREATE")));
  EXPECT_THAT(examine(database), ElementsAre()) << "the advice mends it";
}

TEST(SqliteExamination, FindsAJournalModeThatAnotherProgramChanged) {
  TestDatabase database;
  database.broker();
  OtherProgram(database).run("PRAGMA journal_mode = DELETE");
  EXPECT_THAT(examine(database), Contains(Field(&StoreFinding::kind, "journal-mode")));
}

TEST(SqliteExamination, FindsFilesThatEveryUserCanOpen) {
  TestDatabase database;
  database.broker();
  ::chmod(database.folder.path().c_str(), 0755);
  ::chmod(database.path.c_str(), 0666);
  EXPECT_THAT(examine(database), Contains(AllOf(Field(&StoreFinding::kind, "rights"),
                                                Field(&StoreFinding::advice, HasSubstr("chmod o-rwx")))));
}

TEST(SqliteExamination, ChangesNothing) {
  TestDatabase database;
  auto broker = database.broker();
  must(broker->pushBrokerTasks(someTasks(3)));
  examine(database);
  EXPECT_EQ(must(broker->tasksCount()).due, 3u);
}

}  // namespace
}  // namespace leptir::sqlite
