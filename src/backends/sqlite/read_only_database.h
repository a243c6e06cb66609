// How a command reads a database that its user may not write, without making files beside it.
#pragma once

#include <string>

#include "backends/sqlite/sqlite_file.h"

namespace leptir::sqlite {

// Shared: -wal and -shm exist, so SQLite need not make them. Immutable: no -wal has commits, so the database file alone
// has them all. Impossible: -wal has commits, which without -shm only a user who may write can read.
enum class ReadMode { Shared, Immutable, Impossible };

ReadMode readMode(const SqliteFile& file);

// A file name with which SQLite opens the database as immutable: it makes no file and takes no lock.
std::string immutableUri(const SqliteFile& file);

Error cannotBeWritten(const SqliteFile& file);
Error logCannotBeRead(const SqliteFile& file);

}  // namespace leptir::sqlite
