// Records in a SQLite file, of their own or beside the tasks.
#pragma once

#include <memory>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/sqlite_connection.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

class SqliteMetaStorage final : public SimpleMetaStorage {
 public:
  // The connection's tables stand (prepareSchema).
  SqliteMetaStorage(std::shared_ptr<SqliteConnection> connection, std::optional<Duration> expireAfter);

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  Result<std::size_t> expire() override;
  Result<void> tryRights() override { return tryWriting(*connection_); }
  MetaTraits traits() const override;
  // What holds for every file.
  static MetaTraits traitsOfAll();

 private:
  void upsert(std::span<const MetaInfo> records);
  std::int64_t nextSaved();
  std::int64_t oldestKept() const;

  std::shared_ptr<SqliteConnection> connection_;
  std::optional<Duration> expireAfter_;
  std::int64_t lastSaved_ = 0;
  std::vector<std::string> texts_;  // of the records being saved; kept for their memory
  SqliteStatement upsertMany_;
  SqliteStatement upsertOne_;
  SqliteStatement load_;
  SqliteStatement list_;
  SqliteStatement expire_;
};

}  // namespace leptir
