// Records that another program damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class DamagedRecords : public ::testing::Test {
 protected:
  DamagedRecords() {
    MetaInfo good;
    good.id = "good";
    good.type = "Test";
    good.cause = "threw";
    must(records->saveMetaInfo({&good, 1}));
    const auto file = std::make_shared<SqliteFile>();
    file->path = database.path;
    const auto connection = must(SqliteConnection::open(file, systemClock()));
    for (const auto* text : {"no JSON", "[]", "5", "{\"id\":"}) {
      const auto values = std::string("('") + text + "', 1, 2, 9000000000000000, '" + text + "')";
      connection->execute(("INSERT INTO leptir_records (id, lease, step, saved, record) VALUES " + values).c_str());
    }
    must(connection->transactionResult());
  }

  TestDatabase database;
  std::unique_ptr<SimpleMetaStorage> records = database.records();
};

TEST_F(DamagedRecords, DoNotHideOtherRecordsInAList) {
  EXPECT_THAT(must(records->listMetaInfo({}, {})), SizeIs(1));
  EXPECT_THAT(must(records->listMetaInfo({.name = "Test"}, {})), SizeIs(1));
  EXPECT_THAT(must(records->listMetaInfo({.cause = "threw"}, {})), SizeIs(1));
  EXPECT_THAT(must(records->listMetaInfo({.status = TaskStatus::Completed}, {})), SizeIs(1));
}

TEST_F(DamagedRecords, AreReportedWhenTheyAreLoaded) {
  EXPECT_EQ(records->loadMetaInfoById("no JSON").error().code(), ErrorCode::Corrupt);
  EXPECT_THAT(records->loadMetaInfoById("[]").error().message(), HasSubstr("it is JSON, but no object"));
}

TEST_F(DamagedRecords, AreReplacedByAnyRecordWhateverTheirLeaseSays) {
  const auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  const auto connection = must(SqliteConnection::open(file, systemClock()));
  connection->execute("UPDATE leptir_records SET lease = 4611686018427387904, step = 255 WHERE id <> 'good'");
  must(connection->transactionResult());
  for (const auto* id : {"no JSON", "[]", "5"}) {
    MetaInfo record;
    record.id = id;
    record.lease = 1;
    must(records->saveMetaInfo({&record, 1}));
    EXPECT_EQ(must(records->loadMetaInfoById(id)).at("id"), id);
  }
}

TEST_F(DamagedRecords, WithAnImpossibleLeaseNumberAreRefused) {
  const auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  const auto connection = must(SqliteConnection::open(file, systemClock()));
  connection->execute("UPDATE leptir_records SET lease = 9223372036854775807 WHERE id = 'good'");
  EXPECT_THAT(connection->transactionResult().error().message(), HasSubstr("lease is 0 to 2^62"));
}

}  // namespace
}  // namespace leptir::sqlite
