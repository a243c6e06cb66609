// A SQLite connection for the rest of this module. sqlite_statement.h has its statements, sqlite_transaction.h its
// transactions.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "backends/sqlite/busy_handler.h"
#include "backends/sqlite/connection_health.h"
#include "backends/sqlite/database_opening.h"
#include "backends/sqlite/sqlite_file.h"
#include "backends/sqlite/statement_list.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::sqlite {

enum class TransactionKind { Read, Write };

// What a commit survives. Full: a power cut. Normal: the death of every process; a power cut may undo the latest
// commits, from the newest on.
enum class Durability { Full, Normal };

// One connection, which all stores of one file in one process share, so that pages which one store wrote are still in
// the cache when another reads them (measured: a connection for each store costs 2.4 us more a task). Any thread, one
// transaction at a time; statements are used within a transaction. Never used across a fork. The connection keeps the
// first error of a transaction: later statements of the transaction do nothing, and commit() returns that error.
class SqliteConnection {
 public:
  // Opens or creates the database, see openDatabase().
  static Result<std::shared_ptr<SqliteConnection>> open(const std::shared_ptr<SqliteFile>& file, const Clock& clock,
                                                        WhenMissing missing = WhenMissing::Create);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  SqliteFile& file() const { return *file_; }
  const Clock& clock() const { return *clock_; }
  // The time in microseconds since 1970, the unit of all columns with times.
  std::int64_t now() const { return clock_->now().time_since_epoch().count(); }

  // Runs one or several statements without parameters.
  void execute(const char* sql);
  // Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;
  bool failed() const { return error_.has_value(); }
  // The first error of the transaction, or success.
  Result<void> transactionResult() const;

  // Identity of the open database file; its path may name another file by now.
  const base::FileIdentity& fileIdentity() const { return health_.database(); }
  // Whether the rights of our user, or a read-only file system, forbid writing.
  bool isReadOnly() const;

  // Whether the connection must not be used any more (ConnectionHealth). Then every transaction answers Unavailable,
  // and the next store gets a new connection. A broken connection checkpoints nothing: other processes may have
  // committed meanwhile.
  bool isBroken() const { return health_.isBroken(); }

  // Call it outside of transactions. Checkpoints and truncates -wal once this connection has committed nothing for a
  // second. Does nothing when -wal is empty.
  void checkpointWhenIdle();
  bool isLogEmpty() const { return walFrames_ == 0; }

 private:
  friend class SqliteStatement;
  friend class SqliteTransaction;

  SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock, std::unique_ptr<BusyHandler> busy,
                   OpenedDatabase opened);

  // For statements.
  sqlite3* handle() const { return handle_.get(); }
  // Keeps the error of a failed SQLite call. Answers whether `code` means success.
  bool noteResultCode(int code);

  // For transactions. unlock() closes the connection if it is broken.
  void lock();
  void unlock();
  void begin(TransactionKind kind, Durability durability);
  Result<void> commit();
  void rollBack();
  // Unavailable: a path names another file by now, so other processes do not see the commit.
  Result<void> checkFilesAfterCommit();

  bool isOfThisProcess() const;
  bool isInTransaction() const;
  void setDurability(Durability durability);
  void resetAll();
  void close();
  static int onCommit(void* self, sqlite3* handle, const char* database, int frames);

  std::shared_ptr<SqliteFile> file_;
  const Clock* clock_;
  const pid_t owner_;
  std::unique_ptr<BusyHandler> busy_;
  ConnectionHealth health_;
  SqliteHandle handle_;  // null again once the connection is broken
  StatementList statements_;
  std::optional<Error> error_;
  std::optional<Durability> durability_;
  BootTime lastCommit_{};
  std::atomic<int> walFrames_ = 0;
};

}  // namespace leptir::sqlite
