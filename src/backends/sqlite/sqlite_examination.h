// What `leptir doctor` asks a database file: its rights, its write-ahead log, its indexes, and the space around it.
#pragma once

#include "leptir/result.h"
#include "leptir/spi/store_finding.h"

namespace leptir::sqlite {

class SqliteConnection;

// A database of up to 64 MB is also read through (PRAGMA quick_check, some 0.2 s).
Result<StoreExamination> examineDatabase(SqliteConnection& connection);

}  // namespace leptir::sqlite
