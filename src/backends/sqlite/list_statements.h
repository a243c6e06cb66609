// The SQL statements of TaskKeeper::list and SimpleMetaStorage::listRecords, with named parameters (see statements.h).
#pragma once

#include "backends/sqlite/ordered_rows.h"
#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite::sql {

// Columns: kFoundColumns, then the key of the list.
inline constexpr SqlText kWaitingAtKey(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kWaitingBehindKey(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due > :key AND due <= :last"
    " ORDER BY due, seq");
inline constexpr OrderedRowsText kWaitingInOrder{kWaitingAtKey, kWaitingBehindKey};
inline constexpr SqlText kWaitingAtKeyLatest(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due = :key AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kWaitingBeforeKey(
    "SELECT {found_columns}, due FROM leptir_tasks WHERE {is_waiting} AND due < :key AND due >= :last"
    " ORDER BY due DESC, seq DESC");
inline constexpr OrderedRowsText kWaitingLatestFirst{kWaitingAtKeyLatest, kWaitingBeforeKey};
inline constexpr SqlText kLeasedAtKey(
    "SELECT {found_columns}, holder FROM leptir_tasks WHERE {is_leased} AND holder = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kLeasedBehindKey(
    "SELECT {found_columns}, holder FROM leptir_tasks WHERE {is_leased} AND holder > :key AND holder <= :last"
    " ORDER BY holder, seq");
inline constexpr OrderedRowsText kLeasedInOrder{kLeasedAtKey, kLeasedBehindKey};
// Another program may have buried a task without a number: its key is -1.
inline constexpr SqlText kBuriedAtKey(
    "SELECT {found_columns}, coalesce(buried, -1) FROM leptir_tasks"
    " WHERE {is_buried} AND buried IS nullif(:key, -1) AND seq > :row ORDER BY seq");
inline constexpr SqlText kBuriedBehindKey(
    "SELECT {found_columns}, buried FROM leptir_tasks WHERE {is_buried} AND buried > :key AND buried <= :last"
    " ORDER BY buried, seq");
inline constexpr OrderedRowsText kBuriedInOrder{kBuriedAtKey, kBuriedBehindKey};

inline constexpr SqlText kBuriedAtKeyLatest(
    "SELECT {found_columns}, coalesce(buried, -1) FROM leptir_tasks"
    " WHERE {is_buried} AND buried IS nullif(:key, -1) AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kBuriedBeforeKey(
    "SELECT {found_columns}, buried FROM leptir_tasks WHERE {is_buried} AND buried < :key AND buried >= :last"
    " ORDER BY buried DESC, seq DESC");
inline constexpr OrderedRowsText kBuriedLatestFirst{kBuriedAtKeyLatest, kBuriedBeforeKey};

enum class TaskPlaceColumn { Row, Holder, Due, Buried };
inline constexpr SqlText kPlacesOfIds(
    "SELECT seq, holder, due, coalesce(buried, -1) FROM leptir_tasks WHERE id >= :first AND id < :behind LIMIT :most");
inline constexpr SqlText kFindRow("SELECT {found_columns} FROM leptir_tasks WHERE seq = :row");
inline constexpr SqlText kEarliestByTime(
    "SELECT min(due) FROM leptir_tasks WHERE {is_waiting} AND due >= {at_once_limit}");

enum class ListedRecordColumn { Record, Id, Saved, Row };
inline constexpr SqlText kRecordsAtKey(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved = :key AND seq < :row ORDER BY seq DESC");
inline constexpr SqlText kRecordsBehindKey(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved < :key AND saved >= :last"
    " ORDER BY saved DESC, seq DESC");
inline constexpr OrderedRowsText kRecordsInOrder{kRecordsAtKey, kRecordsBehindKey};
inline constexpr SqlText kRecordsAtKeyEarliest(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved = :key AND seq > :row ORDER BY seq");
inline constexpr SqlText kRecordsAfterKey(
    "SELECT record, id, saved, seq FROM leptir_records WHERE saved > :key AND saved <= :last ORDER BY saved, seq");
inline constexpr OrderedRowsText kRecordsEarliestFirst{kRecordsAtKeyEarliest, kRecordsAfterKey};
enum class RecordPlaceColumn { Row, Saved };
inline constexpr SqlText kPlacesOfRecords(
    "SELECT seq, saved FROM leptir_records WHERE id >= :first AND id < :behind AND saved >= :oldest LIMIT :most");
inline constexpr SqlText kFindRecordRow("SELECT record, id, saved, seq FROM leptir_records WHERE seq = :row");

}  // namespace leptir::sqlite::sql
