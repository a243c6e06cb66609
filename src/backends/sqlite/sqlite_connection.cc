#include "backends/sqlite/sqlite_connection.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/read_only_database.h"
#include "base/errno_text.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;

// Retries of the busy handler: about five seconds, with the sleeps in onBusy().
constexpr int kMaxBusyRetries = 20'000;
// After this many retries (2 ms) the busy handler tells other processes that this one waits.
constexpr int kRetriesBeforeAnnouncing = 10;
constexpr int kMaxOpenAttempts = 5;
// A commit that leaves this many frames in -wal (32 MB) checkpoints it. With fewer frames the same pages are copied
// more often; with more the file grows for little gain.
constexpr int kCheckpointFrames = 4'000;

// secure_delete: Debian's library by default overwrites deleted bytes with zeros. page_size applies to new files only.
constexpr auto kSettings =
    "PRAGMA page_size = 8192;"
    "PRAGMA secure_delete = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;"
    "PRAGMA journal_size_limit = 67108864;";

// NOFOLLOW: realPath() resolved all links of the path before, so a link that is there now has replaced the file or a
// folder above it since.
constexpr int kOpenFlags =
    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

constexpr auto kIoError = "an I/O error on the file or its disk; leptir opens the file again";
constexpr auto kReplaced =
    "the file was removed or replaced while it was open (or its -wal or -shm), so writes to it would be lost; leptir "
    "opens the path again";
constexpr auto kEmptied = "the file was emptied while it was open; leptir opens it again";

// `error`: the errno of the system call that failed.
ErrorCode codeOf(int sqliteCode, int error) {
  if (sqliteCode == SQLITE_CANTOPEN_SYMLINK) return ErrorCode::Unavailable;  // the next opening resolves the path again
  switch (sqliteCode & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return ErrorCode::Unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::Corrupt;
    case SQLITE_CANTOPEN:
      return error == EISDIR || error == ENOTDIR || error == ELOOP ? ErrorCode::Invalid : ErrorCode::Unavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::Unavailable;  // an administrator may change the rights or the mount
    case SQLITE_AUTH:
      return ErrorCode::Invalid;
    case SQLITE_TOOBIG:
      return ErrorCode::TooLarge;
    default:
      return ErrorCode::Internal;
  }
}

// Errors after which the connection must not be used: after a failed fsync the kernel may have dropped the unwritten
// pages (fsyncgate).
bool breaksConnection(int sqliteCode) {
  const int kind = sqliteCode & 0xff;
  return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_CANTOPEN ||
         sqliteCode == SQLITE_READONLY_DBMOVED;
}

constexpr auto kEmptiedAdvice = "; the file was emptied while another process has it open: end or restart that process";

bool isEmpty(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::file_size(file, error) == 0 && !error;
}

// What the user can do about the error, if SQLite's message does not say it.
std::string adviceFor(int sqliteCode, int error) {
  if (sqliteCode == SQLITE_CANTOPEN_SYMLINK)
    return "; a symbolic link took the place of the file or of a folder above it";
  if (error == EMFILE || error == ENFILE || error == EFBIG) return ": " + base::errnoText(error);
  switch (sqliteCode & 0xff) {
    case SQLITE_NOTADB:
      return "; leptir does not change it: choose another path";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "; let the user that leptir runs as read and write the file and its folder, or choose another path";
    case SQLITE_FULL:
      return "; free space on its disk";
    default:
      return "";
  }
}

}  // namespace

Result<std::shared_ptr<SqliteConnection>> SqliteConnection::open(const std::shared_ptr<SqliteFile>& file,
                                                                 const Clock& clock, WhenMissing missing) {
  auto prepared = missing == WhenMissing::Create ? prepareFiles(*file) : checkIsThere(*file);
  if (!prepared) return prepared.error();
  for (int attempt = 1;; ++attempt) {
    std::shared_ptr<SqliteConnection> connection(new SqliteConnection(file, clock));
    const auto configured = connection->configure(missing);
    connection->maxBusyRetries_ = kMaxBusyRetries;
    if (configured) return connection;
    // If two processes create the same database at once, one can fail without a call of the busy handler: try again. If
    // another program keeps the file locked, all attempts together wait as long as one statement does later.
    const bool again = configured.error().code() == ErrorCode::Unavailable && attempt < kMaxOpenAttempts;
    if (!again) return configured.error();
    std::this_thread::sleep_for(10ms);
  }
}

SqliteConnection::SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock)
    : file_(std::move(file)), clock_(&clock), owner_(::getpid()), maxBusyRetries_(kMaxBusyRetries / kMaxOpenAttempts) {}

SqliteConnection::~SqliteConnection() {
  // Closing checkpoints -wal into the database. If a path names another file by now, that would overwrite commits of
  // other processes, so closeHandle() then closes without a checkpoint.
  checkFiles(FileCheck::Now);
  closeHandle();
}

Result<void> SqliteConnection::configure(WhenMissing missing) {
  if (auto opened = openHandle(missing); !opened) return opened;
  // Without QPSG SQLite prepares a statement with `holder = ?` again at each use, because of the partial indices.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_busy_handler(handle_, &onBusy, this);
  sqlite3_wal_hook(handle_, &onCommit, this);
  if (failed()) return transactionResult();
  return missing == WhenMissing::ReportNotFound ? noteFiles() : enableWriteAheadLog();
}

// Finds out before the first read whether the database is read-only: that read would make -wal and -shm with the mode
// of the database, and its owner could not write them later.
Result<void> SqliteConnection::openHandle(WhenMissing missing) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | kOpenFlags;
  if (!noteFailure(sqlite3_open_v2(file_->path.c_str(), &handle_, kFlags, nullptr))) return transactionResult();
  if (!isReadOnly()) return {};
  if (missing == WhenMissing::Create) return cannotBeWritten(*file_);
  const auto way = readMode(*file_);
  if (way == ReadMode::Impossible) return logCannotBeRead(*file_);
  return way == ReadMode::Immutable ? openImmutable() : Result<void>();
}

Result<void> SqliteConnection::openImmutable() {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | kOpenFlags;
  sqlite3_close_v2(std::exchange(handle_, nullptr));
  isImmutable_ = true;
  noteFailure(sqlite3_open_v2(immutableUri(*file_).c_str(), &handle_, kFlags, nullptr));
  return transactionResult();
}

Result<void> SqliteConnection::enableWriteAheadLog() {
  execute(kSettings);
  SqliteStatement mode(*this, "PRAGMA journal_mode = WAL");
  const bool answered = mode.with().step();
  const bool keepsLog = !answered || mode.text(0) == "wal";
  mode.reset();
  if (!keepsLog) {
    return Error(ErrorCode::Invalid,
                 file_->where() + ": cannot keep a write-ahead log here; choose a path on a local disk");
  }
  if (failed()) return transactionResult();
  return noteFiles();
}

// Reads first, because SQLite opens -wal and -shm at the first read.
Result<void> SqliteConnection::noteFiles() {
  execute("PRAGMA schema_version");
  const auto log = findWalFiles();
  if (failed()) return transactionResult();
  // Checks them again: while no process had the database open, another user could put files of its own beside it.
  if (auto trusted = checkCompanions(*file_); !trusted) return trusted;
  auto noted = DatabaseFiles::note(file_->path, log);
  if (!noted) return Error(ErrorCode::Unavailable, file_->where() + ": " + noted.error().message());
  files_ = std::move(*noted);
  return {};
}

DatabaseFiles::WalFiles SqliteConnection::findWalFiles() {
  SqliteStatement mode(*this, "PRAGMA journal_mode");
  const bool isKept = mode.with().step() && mode.text(0) == "wal" && !isImmutable_;
  mode.reset();
  return isKept ? DatabaseFiles::WalFiles::Present : DatabaseFiles::WalFiles::Absent;
}

// Marks the connection as broken if a path names another file than before. Costs a few system calls.
void SqliteConnection::checkFiles(FileCheck when) {
  const auto now = clock_->bootTime();
  if (broken_ || (when == FileCheck::AboutOnceASecond && now < nextFileCheck_)) return;
  nextFileCheck_ = now + 1s;
  const auto found = files_.check();
  if (found == DatabaseFiles::State::AsOpened) return;
  whyBroken_ = found == DatabaseFiles::State::Emptied ? kEmptied : kReplaced;
  broken_ = true;
}

Error SqliteConnection::brokenError() const {
  return Error(ErrorCode::Unavailable, file_->where() + ": " + whyBroken_);
}

Result<void> SqliteConnection::checkFilesAfterCommit() {
  checkFiles(FileCheck::Now);
  if (broken_) return brokenError();
  return {};
}

// Called while this thread holds the transaction mutex of the file, so that no statement is in use.
void SqliteConnection::closeHandle() {
  // A forked child that inherited this object must not touch the file: closing it there would end the parent's locks.
  if (handle_ == nullptr || owner_ != ::getpid()) return;
  const std::lock_guard lock(statementsMutex_);
  for (auto* const each : statements_) sqlite3_finalize(std::exchange(each->statement_, nullptr));
  for (auto* statement : retired_) sqlite3_finalize(statement);
  retired_.clear();
  if (broken_) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close_v2(std::exchange(handle_, nullptr));
  walFrames_ = 0;
}

void SqliteConnection::setDurability(Durability durability) {
  if (handle_ == nullptr || durability_ == durability) return;
  execute(durability == Durability::Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  durability_ = durability;
}

void SqliteConnection::execute(const char* sql) {
  if (!failed()) noteFailure(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

Result<void> SqliteConnection::transactionResult() const {
  if (error_) return *error_;
  return {};
}

void SqliteConnection::checkpointWhenIdle() {
  if (isLogEmpty()) return;
  const std::lock_guard turn(file_->transactionMutex);
  if (clock_->bootTime() - lastCommit_ < 1s) return;
  checkFiles(FileCheck::Now);
  if (broken_) return closeHandle();
  // No retries: processes that read or write now go first, and the next call tries again.
  const int tries = std::exchange(maxBusyRetries_, 0);
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  maxBusyRetries_ = tries;
  lastCommit_ = clock_->bootTime();
  if (code == SQLITE_OK) walFrames_ = 0;
}

Error SqliteConnection::errorOf(int code) const {
  const std::string what =
      handle_ != nullptr && sqlite3_extended_errcode(handle_) == code ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  const int error = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  const bool wasEmptied = (code & 0xff) == SQLITE_BUSY && isEmpty(file_->path);
  return Error(codeOf(code, error),
               file_->where() + ": " + what + (wasEmptied ? kEmptiedAdvice : adviceFor(code, error)));
}

bool SqliteConnection::noteFailure(int code) {
  if (code == SQLITE_OK) return true;
  if (!error_) error_ = errorOf(code);
  if (breaksConnection(code) && !broken_) markBroken();
  return false;
}

// An I/O error may be the result of a removed -wal or -shm: then the error says that.
void SqliteConnection::markBroken() {
  if (files_.areNoted()) checkFiles(FileCheck::Now);
  if (broken_) {
    error_ = brokenError();
    return;
  }
  whyBroken_ = kIoError;
  broken_ = true;
}

void SqliteConnection::begin(const char* sql, FileCheck when) {
  error_.reset();
  if (owner_ != ::getpid()) {
    error_ = Error(ErrorCode::Internal, file_->where() + ": the connection was opened before a fork");
    return;
  }
  checkFiles(when);
  if (broken_) error_ = brokenError();
  isBeginning_ = true;
  execute(sql);
  isBeginning_ = false;
  file_->waiting.withdraw();
}

Result<void> SqliteConnection::end() {
  resetAll();
  execute("COMMIT");
  auto result = transactionResult();
  // Some errors make SQLite roll back by itself; then it is in autocommit mode again.
  const bool isOpen = !result && owner_ == ::getpid() && handle_ != nullptr && !sqlite3_get_autocommit(handle_);
  if (isOpen) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  error_.reset();
  return result;
}

// A statement that was not stepped to its end would keep its snapshot of the database.
void SqliteConnection::resetAll() {
  if (handle_ == nullptr) return;
  for (auto* each = sqlite3_next_stmt(handle_, nullptr); each != nullptr; each = sqlite3_next_stmt(handle_, each)) {
    if (sqlite3_stmt_busy(each)) sqlite3_reset(each);
  }
}

void SqliteConnection::enlist(SqliteStatement& statement) {
  const std::lock_guard lock(statementsMutex_);
  statements_.insert(&statement);
}

// Another thread may be in a transaction now, so the next transaction finalizes the statement.
void SqliteConnection::retire(SqliteStatement& statement) {
  const std::lock_guard lock(statementsMutex_);
  statements_.erase(&statement);
  if (statement.statement_ != nullptr) retired_.push_back(statement.statement_);
}

void SqliteConnection::finalizeRetired() {
  const std::lock_guard lock(statementsMutex_);
  for (auto* statement : retired_) sqlite3_finalize(statement);
  retired_.clear();
}

// Used instead of sqlite3_busy_timeout, which sleeps up to 100 ms at a time: leptir's writers hold the lock briefly.
int SqliteConnection::onBusy(void* self, int count) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  if (count >= connection.maxBusyRetries_) return 0;
  if (count >= kRetriesBeforeAnnouncing && connection.isBeginning_) {
    connection.file_->waiting.announce(connection.file_->folder());
  }
  std::this_thread::sleep_for(count == 0 ? 50us : 200us);
  return 1;
}

// SQLite calls it after each commit, while this thread still excludes the other writers of this process.
int SqliteConnection::onCommit(void* self, sqlite3* handle, const char*, int frames) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  connection.walFrames_ = frames;
  connection.lastCommit_ = connection.clock_->bootTime();
  if (frames < kCheckpointFrames) return SQLITE_OK;
  connection.checkFiles(FileCheck::Now);
  if (!connection.broken_) sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

void SqliteStatement::start() {
  if (connection_.failed()) return;
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    return;
  }
  connection_.noteFailure(sqlite3_prepare_v3(connection_.handle_, sql_.data(), static_cast<int>(sql_.size()),
                                             SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

bool SqliteStatement::step() {
  if (connection_.failed()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE) connection_.noteFailure(code);
  return false;
}

bool SqliteStatement::run() {
  while (step()) {
  }
  return !connection_.failed();
}

SqliteTransaction::SqliteTransaction(SqliteConnection& connection, Kind kind, Durability durability)
    : connection_(connection), isDurable_(kind == Kind::Write && durability == Durability::Full) {
  connection.file_->transactionMutex.lock();
  connection.finalizeRetired();
  if (kind == Kind::Write) {
    connection.file_->waiting.letOthersGoFirst(connection.file_->folder());
    connection.setDurability(durability);
  }
  // A write through a log that other processes do not share would overwrite their commits.
  connection.begin(
      kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN",
      kind == Kind::Write ? SqliteConnection::FileCheck::Now : SqliteConnection::FileCheck::AboutOnceASecond);
}

SqliteTransaction::~SqliteTransaction() {
  if (open_) rollBack();
}

Result<void> SqliteTransaction::commit() {
  auto result = connection_.end();
  if (result && isDurable_) result = connection_.checkFilesAfterCommit();
  releaseMutex();
  return result;
}

void SqliteTransaction::rollBack() {
  connection_.resetAll();
  connection_.error_.reset();
  const bool isOpen = connection_.handle_ != nullptr && !sqlite3_get_autocommit(connection_.handle_);
  if (isOpen) connection_.execute("ROLLBACK");
  connection_.error_.reset();
  releaseMutex();
}

void SqliteTransaction::releaseMutex() {
  open_ = false;
  // Closed now and not with its last store: until then a new connection of this process would share the removed -shm.
  if (connection_.broken_) connection_.closeHandle();
  connection_.file_->transactionMutex.unlock();
}

}  // namespace leptir::sqlite
