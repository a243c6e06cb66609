#include "backends/sqlite/sqlite_connection.h"

#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "backends/sqlite/sqlite_error.h"

namespace leptir::sqlite {
namespace {

// A commit that leaves this many frames in -wal (32 MB) checkpoints it. With fewer frames the same pages are copied
// more often; with more the file grows for little gain.
constexpr int kCheckpointFrames = 4'000;
constexpr std::chrono::seconds kIdleBeforeCheckpoint{1};

}  // namespace

Result<std::shared_ptr<SqliteConnection>> SqliteConnection::open(const std::shared_ptr<SqliteFile>& file,
                                                                 const Clock& clock, WhenMissing missing) {
  auto busy = std::make_unique<BusyHandler>(*file);
  auto opened = openDatabase(*file, missing, *busy);
  if (!opened) return opened.error();
  return std::shared_ptr<SqliteConnection>(new SqliteConnection(file, clock, std::move(busy), std::move(*opened)));
}

SqliteConnection::SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock,
                                   std::unique_ptr<BusyHandler> busy, OpenedDatabase opened)
    : file_(std::move(file)),
      clock_(&clock),
      owner_(::getpid()),
      busy_(std::move(busy)),
      health_(*file_, std::move(opened.files), clock),
      handle_(std::move(opened.handle)) {
  sqlite3_wal_hook(handle(), &onCommit, this);
}

SqliteConnection::~SqliteConnection() {
  health_.checkFiles(ConnectionHealth::When::Now);
  close();
}

// Called while this thread holds the transaction mutex of the file, so that no statement is in use.
void SqliteConnection::close() {
  if (handle_ == nullptr) return;
  // A forked child that inherited this object must not touch the file: closing it there would end the parent's locks.
  if (!isOfThisProcess()) return static_cast<void>(handle_.release());
  statements_.finalizeAll();
  if (isBroken()) {
    handle_.reset();  // without a checkpoint
  } else {
    sqlite3_close_v2(handle_.release());
  }
  walFrames_ = 0;
}

bool SqliteConnection::isOfThisProcess() const {
  return owner_ == ::getpid();
}

std::int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(handle());
}

bool SqliteConnection::isReadOnly() const {
  return handle_ != nullptr && sqlite3_db_readonly(handle(), "main") == 1;
}

void SqliteConnection::execute(const char* sql) {
  if (!failed()) noteResultCode(sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr));
}

Result<void> SqliteConnection::transactionResult() const {
  if (error_) return *error_;
  return {};
}

bool SqliteConnection::noteResultCode(int code) {
  if (code == SQLITE_OK) return true;
  if (!error_) error_ = sqliteError(handle(), code, *file_);
  if (breaksConnection(code) && health_.noteIoError()) error_ = health_.error();
  return false;
}

void SqliteConnection::lock() {
  file_->transactionMutex.lock();
}

void SqliteConnection::unlock() {
  // Closed now and not with its last store: until then a new connection of this process would share the removed -shm.
  if (isBroken()) close();
  file_->transactionMutex.unlock();
}

void SqliteConnection::begin(TransactionKind kind, Durability durability) {
  const bool isWrite = kind == TransactionKind::Write;
  statements_.finalizeRetired();
  if (isWrite) {
    file_->waiting.letOthersGoFirst(file_->folder());
    setDurability(durability);
  }
  error_.reset();
  if (!isOfThisProcess()) {
    error_ = Error(ErrorCode::Internal, file_->where() + ": the connection was opened before a fork");
    return;
  }
  // A write through a log that other processes do not share would overwrite their commits.
  health_.checkFiles(isWrite ? ConnectionHealth::When::Now : ConnectionHealth::When::AboutOnceASecond);
  if (isBroken()) error_ = health_.error();
  busy_->allowAnnouncingWait();
  execute(isWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  busy_->stopAnnouncingWait();
}

Result<void> SqliteConnection::commit() {
  resetAll();
  execute("COMMIT");
  auto result = transactionResult();
  // Some errors make SQLite roll back by itself; then no transaction is open any more.
  if (!result && isOfThisProcess() && isInTransaction()) {
    sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  error_.reset();
  return result;
}

void SqliteConnection::rollBack() {
  resetAll();
  error_.reset();
  if (isInTransaction()) execute("ROLLBACK");
  error_.reset();
}

Result<void> SqliteConnection::checkFilesAfterCommit() {
  health_.checkFiles(ConnectionHealth::When::Now);
  if (isBroken()) return health_.error();
  return {};
}

bool SqliteConnection::isInTransaction() const {
  return handle_ != nullptr && sqlite3_get_autocommit(handle()) == 0;
}

void SqliteConnection::setDurability(Durability durability) {
  if (handle_ == nullptr || durability_ == durability) return;
  execute(durability == Durability::Full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  durability_ = durability;
}

// A statement that was not stepped to its end would keep its snapshot of the database.
void SqliteConnection::resetAll() {
  if (handle_ == nullptr) return;
  for (auto* each = sqlite3_next_stmt(handle(), nullptr); each != nullptr; each = sqlite3_next_stmt(handle(), each)) {
    if (sqlite3_stmt_busy(each)) sqlite3_reset(each);
  }
}

void SqliteConnection::checkpointWhenIdle() {
  if (isLogEmpty()) return;
  const std::lock_guard turn(file_->transactionMutex);
  if (clock_->bootTime() - lastCommit_ < kIdleBeforeCheckpoint) return;
  health_.checkFiles(ConnectionHealth::When::Now);
  if (isBroken()) return close();
  // No retries: processes that read or write now go first, and the next call tries again.
  busy_->setPatience(BusyHandler::Patience::None);
  const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  busy_->setPatience(BusyHandler::Patience::ForStatements);
  lastCommit_ = clock_->bootTime();
  if (code == SQLITE_OK) walFrames_ = 0;
}

// SQLite calls it after each commit, while this thread still excludes the other writers of this process.
int SqliteConnection::onCommit(void* self, sqlite3* handle, const char*, int frames) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  connection.walFrames_ = frames;
  connection.lastCommit_ = connection.clock_->bootTime();
  if (frames < kCheckpointFrames) return SQLITE_OK;
  connection.health_.checkFiles(ConnectionHealth::When::Now);
  if (!connection.isBroken()) sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

}  // namespace leptir::sqlite
