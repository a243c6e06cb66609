// Opens a database file with SQLite, in write-ahead mode.
#pragma once

#include <memory>

#include "backends/sqlite/busy_handler.h"
#include "backends/sqlite/database_files.h"
#include "backends/sqlite/sqlite_file.h"

struct sqlite3;

namespace leptir::sqlite {

// Closing checkpoints -wal into the database, which is wrong for a connection that may not be used any more: that
// would overwrite commits of other processes. A handle that is not released is closed without a checkpoint.
struct CloseWithoutCheckpoint {
  void operator()(sqlite3* handle) const;
};
using SqliteHandle = std::unique_ptr<sqlite3, CloseWithoutCheckpoint>;

struct OpenedDatabase {
  SqliteHandle handle;
  DatabaseFiles files;
};

// Opens or creates the database. With WhenMissing::ReportNotFound it only opens an existing database, even if our user
// may not write it; then it makes no files beside it. Errors: see Backend::openBroker.
Result<OpenedDatabase> openDatabase(const SqliteFile& file, WhenMissing missing, BusyHandler& busy);

}  // namespace leptir::sqlite
