// The SQL statements of TaskKeeper::list and SimpleMetaStorage::listRecords, with named parameters (see statements.h).
#pragma once

#include "backends/sqlite/ordered_rows.h"
#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite::sql {

// Columns: kFoundColumns, then the key of the list.
inline constexpr SqlText kListWaitingOfSameKey(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kListWaitingOfLaterKeys(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due > :key AND due <= :last"
    " ORDER BY due, seq");
inline constexpr OrderedRowsQueries kWaitingEarliestFirst{kListWaitingOfSameKey, kListWaitingOfLaterKeys};
inline constexpr SqlText kListWaitingOfSameKeyLatestFirst(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due = :key AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kListWaitingOfEarlierKeys(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due < :key AND due >= :last"
    " ORDER BY due DESC, seq DESC");
inline constexpr OrderedRowsQueries kWaitingLatestFirst{kListWaitingOfSameKeyLatestFirst, kListWaitingOfEarlierKeys};
inline constexpr SqlText kListLeasedOfSameKey(
    "SELECT {found_columns}, holder FROM leptir_tasks WHERE {is_leased} AND holder = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kListLeasedOfLaterKeys(
    "SELECT {found_columns}, holder FROM leptir_tasks WHERE {is_leased} AND holder > :key AND holder <= :last"
    " ORDER BY holder, seq");
inline constexpr OrderedRowsQueries kLeasedInOrder{kListLeasedOfSameKey, kListLeasedOfLaterKeys};
// Another program may have buried a task without a number: its key is -1.
inline constexpr SqlText kListBuriedOfSameKey(
    "SELECT {found_columns}, coalesce(buried, -1) FROM leptir_tasks"
    " WHERE {is_buried} AND buried IS nullif(:key, -1) AND seq > :row ORDER BY seq");
inline constexpr SqlText kListBuriedOfLaterKeys(
    "SELECT {found_columns}, buried FROM leptir_tasks WHERE {is_buried} AND buried > :key AND buried <= :last"
    " ORDER BY buried, seq");
inline constexpr OrderedRowsQueries kBuriedEarliestFirst{kListBuriedOfSameKey, kListBuriedOfLaterKeys};

inline constexpr SqlText kListBuriedOfSameKeyLatestFirst(
    "SELECT {found_columns}, coalesce(buried, -1) FROM leptir_tasks"
    " WHERE {is_buried} AND buried IS nullif(:key, -1) AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kListBuriedOfEarlierKeys(
    "SELECT {found_columns}, buried FROM leptir_tasks WHERE {is_buried} AND buried < :key AND buried >= :last"
    " ORDER BY buried DESC, seq DESC");
inline constexpr OrderedRowsQueries kBuriedLatestFirst{kListBuriedOfSameKeyLatestFirst, kListBuriedOfEarlierKeys};

enum class TaskPositionColumn { Row, Holder, Due, Buried };
inline constexpr SqlText kPositionsOfIds(
    "SELECT seq, holder, due, coalesce(buried, -1) FROM leptir_tasks WHERE id >= :first AND id < :behind LIMIT :most");
inline constexpr SqlText kFindTaskRow("SELECT {found_columns} FROM leptir_tasks WHERE seq = :row");
inline constexpr SqlText kEarliestDueByTime(
    "SELECT min(due) FROM leptir_tasks WHERE {is_waiting} AND due >= {at_once_limit}");

enum class ListedRecordColumn { Record, Id, Saved, Row };
inline constexpr SqlText kListRecordsOfSameKey(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved = :key AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kListRecordsOfEarlierKeys(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved < :key AND saved >= :last"
    " ORDER BY saved DESC, seq DESC");
inline constexpr OrderedRowsQueries kRecordsLatestFirst{kListRecordsOfSameKey, kListRecordsOfEarlierKeys};
inline constexpr SqlText kListRecordsOfSameKeyEarliestFirst(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kListRecordsOfLaterKeys(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved > :key AND saved <= :last ORDER BY saved, seq");
inline constexpr OrderedRowsQueries kRecordsEarliestFirst{kListRecordsOfSameKeyEarliestFirst, kListRecordsOfLaterKeys};
enum class RecordPositionColumn { Row, Saved };
inline constexpr SqlText kPositionsOfRecords(
    "SELECT seq, saved FROM leptir_records WHERE id >= :first AND id < :behind AND saved >= :oldest LIMIT :most");
inline constexpr SqlText kFindRecordRow("SELECT record, id, saved, seq FROM leptir_records WHERE seq = :row");

}  // namespace leptir::sqlite::sql
