// Which users may use a database: its file and the folder beside it are made for our user alone. Users who share a
// database on purpose do so by its group, and what is made beside it follows.
#pragma once

#include <string>
#include <vector>

#include "backends/sqlite/sqlite_file.h"
#include "leptir/result.h"

namespace leptir {

class SqliteConnection;

// Makes the database, empty and with mode 0600, unless it is there; SQLite gives -wal and -shm the same mode. Root
// makes it for the owner of its folder. Invalid: it cannot be made, or another user owns it and does not share it with
// us.
Result<void> makeDatabaseFile(const SqliteFile& file);

// Makes the folder of doorbells and session locks for the users of the database, unless it is there. Invalid: it cannot
// be made, is no folder, or a user owns it who is not the database's.
Result<void> makeSideFolder(const SqliteFile& file);

// What every user of this machine may do to the files as they are, and how to change that; for traits().
std::vector<std::string> rightsWarnings(const SqliteFile& file);

// Takes the database's lock for writing and lets go of it; and looks whether the folder beside it can be written.
Result<void> tryWriting(SqliteConnection& connection);

}  // namespace leptir
