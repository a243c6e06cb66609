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

namespace leptir {
namespace {

using namespace std::chrono_literals;

// About five seconds of the sleeps below.
constexpr int kMostBusyTries = 20'000;
// After so many tries (2 ms) other processes are told that this one waits.
constexpr int kPatientTries = 10;
constexpr int kMostOpenings = 5;
// 32 MB of log. Fewer frames mean more copying (the same pages again and again), more mean a larger file for little.
constexpr int kMostWalFrames = 4'000;

// Debian's library overwrites what is deleted with zeros, and page_size only counts for a new file.
constexpr auto kSettings =
    "PRAGMA page_size = 8192;"
    "PRAGMA secure_delete = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;"
    "PRAGMA journal_size_limit = 67108864;";

// The path was resolved before (realPath): a link that stands there now took the place of the file or of a folder above
// it since.
constexpr int kOpening = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

constexpr auto kIoError = "the file or its disk failed on this connection; it is opened again";
constexpr auto kReplaced =
    "the file was removed or replaced while it was open (or its -wal or -shm), so what is done here would be lost; it "
    "is"
    " opened again";
constexpr auto kEmptied = "the file was emptied while it was open; it is opened again";

// `error`: the system's, of the call that failed.
ErrorCode codeOf(int sqliteCode, int error) {
  if (sqliteCode == SQLITE_CANTOPEN_SYMLINK) return ErrorCode::Unavailable;  // the next opening resolves the path anew
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
      return ErrorCode::Unavailable;  // rights change, and a file system is mounted anew
    case SQLITE_AUTH:
      return ErrorCode::Invalid;
    case SQLITE_TOOBIG:
      return ErrorCode::TooLarge;
    default:
      return ErrorCode::Internal;
  }
}

// What a connection may not get over: after a failed fsync the kernel may have forgotten the pages (fsyncgate).
bool isDamage(int sqliteCode) {
  const int kind = sqliteCode & 0xff;
  return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_CANTOPEN ||
         sqliteCode == SQLITE_READONLY_DBMOVED;
}

constexpr auto kEmptiedAdvice = "; the file was emptied while another process has it open: end or restart that process";

bool isEmpty(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::file_size(file, error) == 0 && !error;
}

// What to do about it, where the library's own words do not say.
std::string adviceFor(int sqliteCode, int error) {
  if (sqliteCode == SQLITE_CANTOPEN_SYMLINK)
    return "; a symbolic link took the place of the file or of a folder above it";
  if (error == EMFILE || error == ENFILE || error == EFBIG) return ": " + errnoText(error);
  switch (sqliteCode & 0xff) {
    case SQLITE_NOTADB:
      return "; it is left as it is: choose another path";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "; let the user that leptir runs as read and write the file and its folder, or choose another path";
    case SQLITE_FULL:
      return "; make room there";
    default:
      return "";
  }
}

}  // namespace

Result<std::shared_ptr<SqliteConnection>> SqliteConnection::open(const std::shared_ptr<SqliteFile>& file,
                                                                 const Clock& clock, Missing missing) {
  auto prepared = missing == Missing::IsMade ? prepareFiles(*file) : checkIsThere(*file);
  if (!prepared) return prepared.error();
  for (int opening = 1;; ++opening) {
    std::shared_ptr<SqliteConnection> connection(new SqliteConnection(file, clock));
    const auto configured = connection->configure(missing);
    connection->busyTries_ = kMostBusyTries;
    if (configured) return connection;
    // Two that make a new file at once can get in each other's way without the busy handler being asked. When somebody
    // else has the file to himself, all openings together wait as long as one statement does later.
    const bool again = configured.error().code() == ErrorCode::Unavailable && opening < kMostOpenings;
    if (!again) return configured.error();
    std::this_thread::sleep_for(10ms);
  }
}

SqliteConnection::SqliteConnection(std::shared_ptr<SqliteFile> file, const Clock& clock)
    : file_(std::move(file)), clock_(&clock), owner_(::getpid()), busyTries_(kMostBusyTries / kMostOpenings) {}

SqliteConnection::~SqliteConnection() {
  // Closing writes the log back into the database, over what the users of another log have committed there.
  lookAtFiles(Look::Now);
  closeHandle();
}

Result<void> SqliteConnection::configure(Missing missing) {
  if (auto opened = openHandle(missing); !opened) return opened;
  // Otherwise `holder = ?` beside partial indices makes the library prepare a statement anew at each use.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_busy_handler(handle_, &onBusy, this);
  sqlite3_wal_hook(handle_, &onCommit, this);
  if (failed()) return outcome();
  return missing == Missing::IsNotFound ? noteFiles() : keepLogAhead();
}

// Where the database can only be read, this has to be known before the first read: SQLite would make -wal and -shm with
// the database's own mode, and then its owner could not write them later.
Result<void> SqliteConnection::openHandle(Missing missing) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | kOpening;
  if (!noteFailure(sqlite3_open_v2(file_->path.c_str(), &handle_, kFlags, nullptr))) return outcome();
  if (!isReadOnly()) return {};
  if (missing == Missing::IsMade) return cannotBeWritten(*file_);
  const auto way = wayToRead(*file_);
  if (way == WayToRead::None) return logCannotBeRead(*file_);
  return way == WayToRead::Alone ? openToReadAlone() : Result<void>();
}

Result<void> SqliteConnection::openToReadAlone() {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | kOpening;
  sqlite3_close_v2(std::exchange(handle_, nullptr));
  readsAlone_ = true;
  noteFailure(sqlite3_open_v2(uriToReadAlone(*file_).c_str(), &handle_, kFlags, nullptr));
  return outcome();
}

Result<void> SqliteConnection::keepLogAhead() {
  execute(kSettings);
  SqliteStatement mode(*this, "PRAGMA journal_mode = WAL");
  const bool answered = mode.with().step();
  const bool keepsLog = !answered || mode.text(0) == "wal";
  mode.reset();
  if (!keepsLog) {
    return Error(ErrorCode::Invalid,
                 file_->where() + ": cannot keep a write-ahead log here; choose a path on a local disk");
  }
  if (failed()) return outcome();
  return noteFiles();
}

// -wal and -shm are opened by the first read.
Result<void> SqliteConnection::noteFiles() {
  execute("PRAGMA schema_version");
  const auto log = logOfCommits();
  if (failed()) return outcome();
  // Once more: while no process had the database open, another user could put files of its own there.
  if (auto trusted = checkCompanions(*file_); !trusted) return trusted;
  auto noted = OpenFiles::note(file_->path, log);
  if (!noted) return Error(ErrorCode::Unavailable, file_->where() + ": " + noted.error().message());
  files_ = std::move(*noted);
  return {};
}

OpenFiles::Log SqliteConnection::logOfCommits() {
  SqliteStatement mode(*this, "PRAGMA journal_mode");
  const bool isKept = mode.with().step() && mode.text(0) == "wal" && !readsAlone_;
  mode.reset();
  return isKept ? OpenFiles::Log::IsKept : OpenFiles::Log::IsUnused;
}

// A few system calls. What it cannot tell it leaves for the next look.
void SqliteConnection::lookAtFiles(Look look) {
  const auto now = clock_->bootTime();
  if (worn_ || (look == Look::AboutOnceASecond && now < lookAgainAt_)) return;
  lookAgainAt_ = now + 1s;
  const auto found = files_.look();
  if (found == OpenFiles::State::AsOpened) return;
  whyWorn_ = found == OpenFiles::State::Emptied ? kEmptied : kReplaced;
  worn_ = true;
}

Error SqliteConnection::wornError() const {
  return Error(ErrorCode::Unavailable, file_->where() + ": " + whyWorn_);
}

Result<void> SqliteConnection::confirm() {
  lookAtFiles(Look::Now);
  if (worn_) return wornError();
  return {};
}

// Within the turn, so that no statement is in use.
void SqliteConnection::closeHandle() {
  // A child that inherited the object must not touch the file: its closing would end the locks of the parent.
  if (handle_ == nullptr || owner_ != ::getpid()) return;
  const std::lock_guard lock(listing_);
  for (auto* const each : statements_) sqlite3_finalize(std::exchange(each->statement_, nullptr));
  for (auto* statement : retired_) sqlite3_finalize(statement);
  retired_.clear();
  if (worn_) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
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

Result<void> SqliteConnection::outcome() const {
  if (error_) return *error_;
  return {};
}

void SqliteConnection::tidyWhenIdle() {
  if (isTidy()) return;
  const std::lock_guard turn(file_->turns);
  if (clock_->bootTime() - lastCommit_ < 1s) return;
  lookAtFiles(Look::Now);
  if (worn_) return closeHandle();
  const int tries =
      std::exchange(busyTries_, 0);  // whoever reads or writes now goes first; there is always a next time
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  busyTries_ = tries;
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
  if (isDamage(code) && !worn_) wearOut();
  return false;
}

// An error of the disk may come of a removed log: that is said then.
void SqliteConnection::wearOut() {
  if (files_.areNoted()) lookAtFiles(Look::Now);
  if (worn_) {
    error_ = wornError();
    return;
  }
  whyWorn_ = kIoError;
  worn_ = true;
}

void SqliteConnection::begin(const char* sql, Look look) {
  error_.reset();
  if (owner_ != ::getpid()) {
    error_ = Error(ErrorCode::Internal, file_->where() + ": the connection was opened before a fork");
    return;
  }
  lookAtFiles(look);
  if (worn_) error_ = wornError();
  begins_ = true;
  execute(sql);
  begins_ = false;
  file_->waiting.withdraw();
}

Result<void> SqliteConnection::end() {
  resetAll();
  execute("COMMIT");
  auto result = outcome();
  // Some errors end the transaction themselves; autocommit tells.
  const bool isOpen = !result && owner_ == ::getpid() && handle_ != nullptr && !sqlite3_get_autocommit(handle_);
  if (isOpen) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  error_.reset();
  return result;
}

// A statement that was left in the middle of its rows would hold on to what it sees.
void SqliteConnection::resetAll() {
  if (handle_ == nullptr) return;
  for (auto* each = sqlite3_next_stmt(handle_, nullptr); each != nullptr; each = sqlite3_next_stmt(handle_, each)) {
    if (sqlite3_stmt_busy(each)) sqlite3_reset(each);
  }
}

void SqliteConnection::enlist(SqliteStatement& statement) {
  const std::lock_guard lock(listing_);
  statements_.insert(&statement);
}

// Another thread may be in the middle of a transaction: the next one finalizes the statement.
void SqliteConnection::retire(SqliteStatement& statement) {
  const std::lock_guard lock(listing_);
  statements_.erase(&statement);
  if (statement.statement_ != nullptr) retired_.push_back(statement.statement_);
}

void SqliteConnection::finalizeRetired() {
  const std::lock_guard lock(listing_);
  for (auto* statement : retired_) sqlite3_finalize(statement);
  retired_.clear();
}

// sqlite3_busy_timeout sleeps up to 100 ms at a time; writers here hold the lock for a few.
int SqliteConnection::onBusy(void* self, int count) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  if (count >= connection.busyTries_) return 0;
  if (count >= kPatientTries && connection.begins_) {
    connection.file_->waiting.announce(connection.file_->folder());
  }
  std::this_thread::sleep_for(count == 0 ? 50us : 200us);
  return 1;
}

// Runs after each commit, while this process still keeps other writers of its own out.
int SqliteConnection::onCommit(void* self, sqlite3* handle, const char*, int frames) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  connection.walFrames_ = frames;
  connection.lastCommit_ = connection.clock_->bootTime();
  if (frames < kMostWalFrames) return SQLITE_OK;
  connection.lookAtFiles(Look::Now);
  if (!connection.worn_) sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
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
    : connection_(connection), lasts_(kind == Kind::Write && durability == Durability::Full) {
  connection.file_->turns.lock();
  connection.finalizeRetired();
  if (kind == Kind::Write) {
    connection.file_->waiting.letOthersGoFirst(connection.file_->folder());
    connection.setDurability(durability);
  }
  // A write through a log that other processes do not share would overwrite their commits.
  connection.begin(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN",
                   kind == Kind::Write ? SqliteConnection::Look::Now : SqliteConnection::Look::AboutOnceASecond);
}

SqliteTransaction::~SqliteTransaction() {
  if (open_) rollBack();
}

Result<void> SqliteTransaction::commit() {
  auto result = connection_.end();
  if (result && lasts_) result = connection_.confirm();
  leave();
  return result;
}

void SqliteTransaction::rollBack() {
  connection_.resetAll();
  connection_.error_.reset();
  const bool isOpen = connection_.handle_ != nullptr && !sqlite3_get_autocommit(connection_.handle_);
  if (isOpen) connection_.execute("ROLLBACK");
  connection_.error_.reset();
  leave();
}

void SqliteTransaction::leave() {
  open_ = false;
  // At once and not with the last store: until then a new connection of this process would share the removed -shm.
  if (connection_.worn_) connection_.closeHandle();
  connection_.file_->turns.unlock();
}

}  // namespace leptir
