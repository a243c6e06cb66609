// Records in a SQLite file, which may also have the tasks of a broker.
#pragma once

#include <memory>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/record_bells.h"
#include "backends/sqlite/record_lists.h"
#include "backends/sqlite/row_batches.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_examination.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::sqlite {

class SqliteMetaStorage final : public SimpleMetaStorage {
 public:
  // The tables must exist: call prepareSchema() on the connection before.
  SqliteMetaStorage(std::shared_ptr<SqliteConnection> connection, std::optional<Duration> expireAfter);

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::size_t> expire() override;
  Result<std::unique_ptr<RecordWatch>> watchRecords() override;
  Result<void> checkRights() override { return checkWriteAccess(*connection_); }
  Result<StoreExamination> examine() override { return examineDatabase(*connection_); }
  MetaTraits traits() const override;
  // The traits that are the same for every database file.
  static MetaTraits traitsOfEveryFile();

 private:
  std::optional<std::string> loadText(std::string_view id);
  std::int64_t nextSaveTime();
  std::int64_t newestExpired() const;

  std::shared_ptr<SqliteConnection> connection_;
  std::optional<Duration> expireAfter_;
  std::int64_t lastSaveTime_ = 0;
  std::vector<std::string> texts_;  // JSON of the records being saved; a member to reuse its memory
  RowBatches save_;
  SqliteStatement load_;
  SqliteStatement list_;
  RecordLists lists_;
  SqliteStatement expire_;
  RecordBellRinger bells_;
};

}  // namespace leptir::sqlite
