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

// Invalid: another user owns the database and does not share it with us. Root may use every user's; a database that is
// not there has no owner.
Result<void> checkDatabaseOwner(const SqliteFile& file);

// Makes the folder of doorbells and session locks for the users of the database, unless it is there. Invalid: it cannot
// be made, is no folder, or a user owns it who is not the database's.
Result<void> makeSideFolder(const SqliteFile& file);

// The files that SQLite keeps beside the database (-wal, -shm, -journal), as far as they are there. Invalid: no plain
// file, or a user owns it who is not the database's: such a user could hold its locks, or commit what is not ours.
// Unavailable: our user can write the database, but not this file.
Result<void> checkCompanions(const SqliteFile& file);

// What every user of this machine may do to the files as they are, and how to change that; for traits().
std::vector<std::string> rightsWarnings(const SqliteFile& file);

// Looks whether the database and the folder beside it can be written: takes the lock for writing and lets go of it.
Result<void> tryWriting(SqliteConnection& connection);

}  // namespace leptir
