#include "backends/sqlite/database_opening.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>
#include <utility>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/read_only_database.h"
#include "backends/sqlite/sqlite_error.h"

namespace leptir::sqlite {
namespace {

// secure_delete: Debian's library by default overwrites deleted bytes with zeros. page_size applies to new files only.
constexpr auto kConnectionPragmas =
    "PRAGMA page_size = 8192;"
    "PRAGMA secure_delete = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;"
    "PRAGMA journal_size_limit = 67108864;";

// NOFOLLOW: realPath() resolved all links of the path before, so a link that is there now has replaced the file or a
// folder above it since.
constexpr int kOpenFlags =
    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

constexpr std::chrono::milliseconds kPauseBetweenOpenAttempts{10};

// One attempt to open the database.
class OpenAttempt {
 public:
  OpenAttempt(const SqliteFile& file, WhenMissing missing, BusyHandler& busy)
      : file_(file), missing_(missing), busy_(busy) {}

  Result<OpenedDatabase> run() {
    if (auto opened = open(); !opened) return opened.error();
    configure();
    if (missing_ == WhenMissing::Create) {
      if (auto enabled = enableWriteAheadLog(); !enabled) return enabled.error();
    }
    auto files = noteFiles();
    if (!files) return files.error();
    return OpenedDatabase{std::move(handle_), std::move(*files)};
  }

 private:
  // Finds out before the first read whether the database is read-only: that read would make -wal and -shm with the mode
  // of the database, and its owner could not write them later.
  Result<void> open() {
    if (auto opened = openAs(file_.path.string(), SQLITE_OPEN_READWRITE); !opened) return opened;
    const bool isReadOnly = sqlite3_db_readonly(handle_.get(), "main") == 1;
    if (!isReadOnly) return {};
    if (missing_ == WhenMissing::Create) return cannotBeWritten(file_);
    const auto mode = readMode(file_);
    if (mode == ReadMode::Impossible) return logCannotBeRead(file_);
    return mode == ReadMode::Immutable ? openImmutable() : Result<void>();
  }

  Result<void> openImmutable() {
    isImmutable_ = true;
    return openAs(immutableUri(file_), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  }

  Result<void> openAs(const std::string& name, int flags) {
    handle_.reset();
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &opened, flags | kOpenFlags, nullptr);
    handle_.reset(opened);  // also after an error, which the handle describes
    return resultOf(code);
  }

  void configure() {
    // Without QPSG SQLite prepares a statement with `holder = ?` again at each use, because of the partial indices.
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    busy_.installOn(handle_.get());
  }

  Result<void> enableWriteAheadLog() {
    if (auto set = execute(kConnectionPragmas); !set) return set;
    const auto mode = queryText("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (*mode == "wal") return {};
    return Error(ErrorCode::Invalid,
                 file_.where() + ": cannot keep a write-ahead log here; choose a path on a local disk");
  }

  // Reads first, because SQLite opens -wal and -shm at the first read.
  Result<DatabaseFiles> noteFiles() {
    if (auto read = execute("PRAGMA schema_version"); !read) return read.error();
    const auto mode = queryText("PRAGMA journal_mode");
    if (!mode) return mode.error();
    // Checks again: while no process had the database open, another user could put files of its own beside it.
    if (auto trusted = checkCompanions(file_); !trusted) return trusted.error();
    const bool hasLog = *mode == "wal" && !isImmutable_;
    auto noted =
        DatabaseFiles::note(file_.path, hasLog ? DatabaseFiles::WalFiles::Present : DatabaseFiles::WalFiles::Absent);
    if (!noted) return Error(ErrorCode::Unavailable, file_.where() + ": " + noted.error().message());
    return noted;
  }

  Result<void> execute(const char* sql) {
    return resultOf(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr));
  }

  // The first column of the last row.
  Result<std::string> queryText(const char* sql) {
    std::string text;
    const auto take = [](void* into, int, char** values, char**) {
      *static_cast<std::string*>(into) = values[0] == nullptr ? "" : values[0];
      return 0;
    };
    if (auto read = resultOf(sqlite3_exec(handle_.get(), sql, take, &text, nullptr)); !read) return read.error();
    return text;
  }

  Result<void> resultOf(int code) const {
    if (code == SQLITE_OK) return {};
    return sqliteError(handle_.get(), code, file_);
  }

  const SqliteFile& file_;
  const WhenMissing missing_;
  BusyHandler& busy_;
  SqliteHandle handle_;
  bool isImmutable_ = false;  // opened as immutable: does not see the commits of other connections
};

}  // namespace

void CloseWithoutCheckpoint::operator()(sqlite3* handle) const {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close_v2(handle);
}

Result<OpenedDatabase> openDatabase(const SqliteFile& file, WhenMissing missing, BusyHandler& busy) {
  auto prepared = missing == WhenMissing::Create ? prepareFiles(file) : checkExists(file);
  if (!prepared) return prepared.error();
  busy.setPatience(BusyHandler::Patience::WhileOpening);
  for (int attempt = 1;; ++attempt) {
    auto opened = OpenAttempt(file, missing, busy).run();
    busy.setPatience(opened ? BusyHandler::Patience::ForStatements : BusyHandler::Patience::WhileOpening);
    // If two processes create the same database at once, one can fail without a call of the busy handler: try again.
    const bool again =
        !opened && opened.error().code() == ErrorCode::Unavailable && attempt < BusyHandler::kMaxOpenAttempts;
    if (!again) return opened;
    std::this_thread::sleep_for(kPauseBetweenOpenAttempts);
  }
}

}  // namespace leptir::sqlite
