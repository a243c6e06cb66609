// A SQLite connection, its statements and transactions, for the rest of this module. The only file that includes
// sqlite3.h. It turns SQLite's error codes into leptir's Error.
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "backends/sqlite/database_files.h"
#include "backends/sqlite/sqlite_file.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::sqlite {

class SqliteStatement;

// What a commit survives. Full: a power cut. Normal: the death of every process; a power cut may undo the latest
// commits, from the newest on.
enum class Durability { Full, Normal };

// One connection, which all stores of one file in one process share, so that pages which one store wrote are still in
// the cache when another reads them (measured: a connection for each store costs 2.4 us more a task). Any thread, one
// transaction at a time; statements are used within a transaction. Never used across a fork. The connection keeps the
// first error of a transaction: later statements of the transaction do nothing, and commit() returns that error.
class SqliteConnection {
 public:
  // Opens or creates the database in write-ahead mode. With WhenMissing::ReportNotFound it only opens an existing
  // database, even if our user may not write it; then it makes no files beside it. Errors: see Backend::openBroker.
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
  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  bool failed() const { return error_.has_value(); }
  // The first error of the transaction, or success.
  Result<void> transactionResult() const;

  // Identity of the open database file; its path may name another file by now.
  const FileId& fileId() const { return files_.database(); }
  // Whether the rights of our user, or a read-only file system, forbid writing.
  bool isReadOnly() const { return handle_ != nullptr && sqlite3_db_readonly(handle_, "main") == 1; }

  // Whether the connection must not be used any more: after an I/O error, when the database was emptied, or when a path
  // (also of -wal or -shm) names another file or none. Then every transaction answers Unavailable, and the next store
  // gets a new connection. A broken connection checkpoints nothing: other processes may have committed meanwhile.
  bool isBroken() const { return broken_; }

  // Call it outside of transactions. Checkpoints and truncates -wal once this connection has committed nothing for a
  // second. Does nothing when -wal is empty.
  void checkpointWhenIdle();
  bool isLogEmpty() const { return walFrames_ == 0; }

 private:
  friend class SqliteStatement;
  friend class SqliteTransaction;

  SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock);
  Result<void> configure(WhenMissing missing);
  Result<void> openHandle(WhenMissing missing);
  Result<void> openImmutable();
  Result<void> enableWriteAheadLog();
  Result<void> noteFiles();
  DatabaseFiles::WalFiles findWalFiles();
  void closeHandle();
  Error errorOf(int code) const;
  // Keeps the error of a failed SQLite call. Answers whether `code` means success.
  bool noteFailure(int code);
  void markBroken();
  void setDurability(Durability durability);
  enum class FileCheck { Now, AboutOnceASecond };
  void checkFiles(FileCheck when);
  Error brokenError() const;
  // Call it after a commit. Unavailable: a path names another file by now, so other processes do not see the commit.
  Result<void> checkFilesAfterCommit();
  void begin(const char* sql, FileCheck when);
  Result<void> end();
  void resetAll();
  void enlist(SqliteStatement& statement);
  void retire(SqliteStatement& statement);
  void finalizeRetired();
  static int onBusy(void* self, int count);
  static int onCommit(void* self, sqlite3* handle, const char* database, int frames);

  std::shared_ptr<SqliteFile> file_;
  const Clock* clock_;
  pid_t owner_;
  sqlite3* handle_ = nullptr;  // null again once the connection is broken
  bool isImmutable_ = false;   // opened as immutable: does not see the commits of other connections
  std::optional<Error> error_;
  std::optional<Durability> durability_;
  int maxBusyRetries_ = 0;    // how often the busy handler retries before the lock counts as busy
  bool isBeginning_ = false;  // BEGIN is running: only then the busy handler announces that this process waits
  BootTime lastCommit_{};
  std::atomic<int> walFrames_ = 0;
  DatabaseFiles files_;
  BootTime nextFileCheck_{};
  std::atomic<bool> broken_ = false;
  const char* whyBroken_ = "";
  std::mutex statementsMutex_;  // guards the next two
  std::unordered_set<SqliteStatement*> statements_;
  std::vector<sqlite3_stmt*> retired_;  // of closed stores; the next transaction finalizes them
};

// A prepared statement: prepared at its first use, and used within a transaction. Any thread may construct and destroy
// it. Must be destroyed before its connection.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, std::string sql) : connection_(connection), sql_(std::move(sql)) {
    connection_.enlist(*this);
  }
  ~SqliteStatement() { connection_.retire(*this); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Resets the statement and binds these values to its parameters, in order. Text is not copied: keep it until the
  // statement has run.
  template <class... Values>
  SqliteStatement& with(const Values&... values) {
    start();
    int position = 0;
    (bind(++position, values), ...);
    return *this;
  }
  // The same in single steps: start(), then bind() for each position, counted from 1.
  void start();
  void bind(int position, std::int64_t value) { note(sqlite3_bind_int64(statement_, position, value)); }
  void bind(int position, std::optional<std::int64_t> value) {
    note(value ? sqlite3_bind_int64(statement_, position, *value) : sqlite3_bind_null(statement_, position));
  }
  void bind(int position, std::string_view text) {
    note(sqlite3_bind_text64(statement_, position, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  }

  // Goes to the next row. False: there are no more rows (the statement is finished and reset), or an error, which the
  // connection keeps.
  bool step();
  // Runs the statement to its end. False: an error, which the connection keeps.
  bool run();
  // As run(), but answers the number of changed rows; 0 on an error.
  std::int64_t runChanging() { return run() ? connection_.changes() : 0; }

  bool isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  // Text or bytes; valid until the next step.
  std::string_view text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  void reset() { sqlite3_reset(statement_); }

 private:
  friend class SqliteConnection;

  void note(int code) {
    if (code != SQLITE_OK) connection_.noteFailure(code);
  }

  SqliteConnection& connection_;
  std::string sql_;
  sqlite3_stmt* statement_ = nullptr;  // null: not prepared yet, or the connection is broken
};

// A transaction, from BEGIN to COMMIT; the destructor rolls back if commit() was not called. A read transaction sees
// one snapshot of the database; a write transaction excludes all other writers. The constructor waits until no other
// thread of this process has a transaction on the file.
class SqliteTransaction {
 public:
  enum class Kind { Read, Write };

  SqliteTransaction(SqliteConnection& connection, Kind kind, Durability durability = Durability::Full);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  // Answers the first error of the transaction, or success.
  Result<void> commit();
  void rollBack();

 private:
  void releaseMutex();

  SqliteConnection& connection_;
  bool isDurable_;  // Durability::Full: commit() also checks that the paths still name the open files
  bool open_ = true;
};

}  // namespace leptir::sqlite
