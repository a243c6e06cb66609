// Which users may use a database. leptir makes the file and the folder beside it for its own user alone. Users share a
// database on purpose by the group of its file; files that are made beside it then get that group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/sqlite/sqlite_file.h"
#include "leptir/result.h"
#include "leptir/spi/store_finding.h"

namespace leptir::sqlite {

class SqliteConnection;

// Makes an empty database file with mode 0600 unless it exists; SQLite gives -wal and -shm the same mode. If root makes
// it, it belongs to the owner of its folder. Invalid: the file cannot be made, or another user owns it and does not
// share it with our user.
Result<void> makeDatabaseFile(const SqliteFile& file);

// Invalid: another user owns the database and does not share it with our user. Succeeds for root, who may use the
// database of every user, and when the file does not exist.
Result<void> checkDatabaseOwner(const SqliteFile& file);

// Makes the folder of doorbells and session locks for the users of the database, unless it exists. Invalid: it cannot
// be made, is not a folder, or belongs to a user who does not own the database.
Result<void> makeSideFolder(const SqliteFile& file);

// Checks the files that SQLite keeps beside the database (-wal, -shm, -journal), if they exist. Invalid: one is not a
// plain file, or belongs to a user who does not own the database; that user could hold its locks or forge commits.
// Unavailable: our user can write the database, but not this file.
Result<void> checkCompanions(const SqliteFile& file);

// A finding if every user of this machine can open the files, with the chmod command that changes this.
std::optional<StoreFinding> findingOfRights(const SqliteFile& file);
// The same for traits().
std::vector<std::string> rightsWarnings(const SqliteFile& file);

// Checks that the database and the folder beside it can be written: takes SQLite's write lock and releases it.
Result<void> checkWriteAccess(SqliteConnection& connection);

}  // namespace leptir::sqlite
