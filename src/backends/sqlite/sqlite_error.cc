#include "backends/sqlite/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "base/errno_text.h"

namespace leptir::sqlite {
namespace {

constexpr auto kEmptiedAdvice = "; the database was emptied while a process has it open: end or restart that process";

int primaryResultCode(int code) {
  return code & 0xff;
}

// `systemError`: the errno of the system call that failed.
ErrorCode errorCodeOf(int code, int systemError) {
  if (code == SQLITE_CANTOPEN_SYMLINK) return ErrorCode::Unavailable;  // the next opening resolves the path again
  switch (primaryResultCode(code)) {
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
      return systemError == EISDIR || systemError == ENOTDIR || systemError == ELOOP ? ErrorCode::Invalid
                                                                                     : ErrorCode::Unavailable;
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

bool isEmpty(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::file_size(file, error) == 0 && !error;
}

// What the user can do about the error, if SQLite's message does not say it.
std::string adviceFor(int code, int systemError, const SqliteFile& file) {
  if (primaryResultCode(code) == SQLITE_BUSY && isEmpty(file.path)) return kEmptiedAdvice;
  if (code == SQLITE_CANTOPEN_SYMLINK) return "; a symbolic link took the place of the file or of a folder above it";
  if (systemError == EMFILE || systemError == ENFILE || systemError == EFBIG) {
    return ": " + base::errnoText(systemError);
  }
  switch (primaryResultCode(code)) {
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

Error sqliteError(sqlite3* handle, int code, const SqliteFile& file) {
  const bool isOfHandle = handle != nullptr && sqlite3_extended_errcode(handle) == code;
  const std::string what = isOfHandle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const int systemError = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  return Error(errorCodeOf(code, systemError), file.where() + ": " + what + adviceFor(code, systemError, file));
}

bool breaksConnection(int code) {
  const int kind = primaryResultCode(code);
  return kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_CANTOPEN ||
         code == SQLITE_READONLY_DBMOVED;
}

}  // namespace leptir::sqlite
