// How a command looks into a database that its user may only read, without leaving a file beside it.
#pragma once

#include <string>

#include "backends/sqlite/sqlite_file.h"

namespace leptir {

// WithOthers: -wal and -shm are there, so nothing has to be made. Alone: the database holds all commits by itself.
// None: a log holds commits that only a user who may write can read.
enum class WayToRead { WithOthers, Alone, None };

WayToRead wayToRead(const SqliteFile& file);

// A name by which SQLite opens the file without making or locking anything.
std::string uriToReadAlone(const SqliteFile& file);

Error cannotBeWritten(const SqliteFile& file);
Error logCannotBeRead(const SqliteFile& file);

}  // namespace leptir
