// SQLite's C interface as the rest of this room uses it, and the only include of it. Errors become ours here, once.
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

#include "backends/sqlite/open_files.h"
#include "backends/sqlite/sqlite_file.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

class SqliteStatement;

// What a commit survives: Full a power cut, Normal the death of every process (a power cut may undo the last ones, in
// order).
enum class Durability { Full, Normal };

// One connection, which all stores of one file in one process share: then what one of them wrote still lies in the
// cache when the next one reads it (measured: with a connection each, 2.4 us more for each task). Any thread, in turn:
// a transaction has the connection to itself, and statements are used within one. Never used across a fork. The first
// error since the transaction began is kept here; until it ends every statement does nothing, and commit() answers it.
class SqliteConnection {
 public:
  // Opens or creates the database in write-ahead mode; with Missing::IsNotFound it opens an existing one as it is, also
  // where our user may only read it, and makes no file beside it then.
  // Invalid, Corrupt, Unavailable, NotFound: see backend.h.
  static Result<std::shared_ptr<SqliteConnection>> open(const std::shared_ptr<SqliteFile>& file, const Clock& clock,
                                                        Missing missing = Missing::IsMade);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  SqliteFile& file() const { return *file_; }
  const Clock& clock() const { return *clock_; }
  // The clock in microseconds, as all columns hold times.
  std::int64_t now() const { return clock_->now().time_since_epoch().count(); }

  // Statements without parameters, one after the other.
  void execute(const char* sql);
  // Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  bool failed() const { return error_.has_value(); }
  // The first error of the transaction, or success.
  Result<void> outcome() const;

  // Which file is open here; its path may name another one by now.
  const FilePlace& place() const { return files_.database(); }
  // Whether our user, or the file system, lets nothing be written.
  bool isReadOnly() const { return handle_ != nullptr && sqlite3_db_readonly(handle_, "main") == 1; }

  // Whether the file or the disk failed here, the file was emptied, or a path (of -wal and -shm too) names another file
  // or none: every transaction answers Unavailable, and a store that is opened now gets a new connection. A worn
  // connection writes nothing back into the database: others may have committed there since.
  bool isWorn() const { return worn_; }

  // Outside of transactions: shortens the write-ahead log to nothing when nothing was committed here for a second;
  // costs nothing when it is short.
  void tidyWhenIdle();
  bool isTidy() const { return walFrames_ == 0; }

 private:
  friend class SqliteStatement;
  friend class SqliteTransaction;

  SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock);
  Result<void> configure(Missing missing);
  Result<void> openHandle(Missing missing);
  Result<void> openToReadAlone();
  Result<void> keepLogAhead();
  Result<void> noteFiles();
  OpenFiles::Log logOfCommits();
  void closeHandle();
  Error errorOf(int code) const;
  // Remembers the error of a failed call; answers whether it went well.
  bool noteFailure(int code);
  void wearOut();
  void setDurability(Durability durability);
  enum class Look { Now, AboutOnceASecond };
  void lookAtFiles(Look look);
  Error wornError() const;
  // After a commit: whether a process that opens the database now finds it.
  Result<void> confirm();
  void begin(const char* sql, Look look);
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
  sqlite3* handle_ = nullptr;  // null again once the connection is worn
  bool readsAlone_ = false;    // without a look at what other connections write
  std::optional<Error> error_;
  std::optional<Durability> durability_;
  int busyTries_ = 0;  // how often a lock is asked for before we answer that it is busy
  bool begins_ = false;  // a transaction, just now
  BootTime lastCommit_{};
  std::atomic<int> walFrames_ = 0;
  OpenFiles files_;
  BootTime lookAgainAt_{};
  std::atomic<bool> worn_ = false;
  const char* whyWorn_ = "";
  std::mutex listing_;  // guards the next two
  std::unordered_set<SqliteStatement*> statements_;
  std::vector<sqlite3_stmt*> retired_;  // of stores that are gone; another thread may have the connection meanwhile
};

// A prepared statement; prepared at its first use, used within a transaction, made and left by any thread. Lives no
// longer than its connection.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, std::string sql) : connection_(connection), sql_(std::move(sql)) {
    connection_.enlist(*this);
  }
  ~SqliteStatement() { connection_.retire(*this); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Starts anew with these parameters, from the first one on. Text is not copied: keep it until the statement has run.
  template <class... Values>
  SqliteStatement& with(const Values&... values) {
    start();
    int position = 0;
    (bind(++position, values), ...);
    return *this;
  }
  // Parameter by parameter: start(), then each position from 1 on.
  void start();
  void bind(int position, std::int64_t value) { note(sqlite3_bind_int64(statement_, position, value)); }
  void bind(int position, std::optional<std::int64_t> value) {
    note(value ? sqlite3_bind_int64(statement_, position, *value) : sqlite3_bind_null(statement_, position));
  }
  void bind(int position, std::string_view text) {
    note(sqlite3_bind_text64(statement_, position, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  }

  // Whether a row stands ready. False: there is none (the statement is done and reset), or an error that the connection
  // keeps.
  bool step();
  // To the end. Whether that went well.
  bool run();
  // Rows that run() changed; 0 on an error.
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
  sqlite3_stmt* statement_ = nullptr;  // null: not prepared yet, or the connection is worn
};

// From BEGIN to COMMIT; rolls back when it is left without one. A reader sees one moment; a writer is alone. Waits
// until no other thread has one on this connection.
class SqliteTransaction {
 public:
  enum class Kind { Read, Write };

  SqliteTransaction(SqliteConnection& connection, Kind kind, Durability durability = Durability::Full);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  // The first error since the beginning, or success.
  Result<void> commit();
  void rollBack();

 private:
  void leave();

  SqliteConnection& connection_;
  bool lasts_;  // what was committed is promised to last
  bool open_ = true;
};

}  // namespace leptir
