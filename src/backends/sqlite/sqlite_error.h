// SQLite's result codes as errors of leptir.
#pragma once

#include "backends/sqlite/sqlite_file.h"

struct sqlite3;

namespace leptir::sqlite {

// The error of a SQLite call that returned `code`, with what the user can do about it. `handle` may be null.
Error sqliteError(sqlite3* handle, int code, const SqliteFile& file);

// Whether the connection must not be used after `code`: after a failed fsync the kernel may have dropped the unwritten
// pages (fsyncgate).
bool breaksConnection(int code);

}  // namespace leptir::sqlite
