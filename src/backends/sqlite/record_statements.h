// Every SQL statement on records, with named parameters (see statements.h).
#pragma once

#include "backends/sqlite/row_batches.h"
#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite::sql {

// A row that leptir cannot have written is replaced by any record. SQLite evaluates that condition, which reads the
// record, only if the lease and the step would keep the row.
inline constexpr SqlText kReplaceOlderRecord(
    " ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, step = excluded.step, saved = excluded.saved,"
    " record = excluded.record"
    " WHERE excluded.lease > lease OR (excluded.lease = lease AND excluded.step > step) OR"
    " (lease > {largest_lease} OR step > {largest_step} OR"
    " CASE WHEN json_valid(record) THEN json_type(record) <> 'object' ELSE 1 END)");
// Parameters of a row: id, lease, step, time, JSON.
inline constexpr RowBatchText kSaveRecords{
    .head = "INSERT INTO leptir_records (id, lease, step, saved, record) VALUES ",
    .row = "(?,?,?,?,?)",
    .tail = kReplaceOlderRecord};

inline constexpr SqlText kLoadRecord("SELECT record FROM leptir_records WHERE id = :id AND saved > :oldest");
enum class RecordColumn { Record, Id };
// Fields are guarded, because json_extract() fails the whole statement if one row is not JSON.
inline constexpr SqlText kListRecords(
    "SELECT record, id FROM leptir_records WHERE saved > :oldest"
    " AND (:type = '' OR CASE WHEN json_valid(record) THEN json_extract(record, '$.type') END = :type)"
    " AND (:cause = '' OR CASE WHEN json_valid(record) THEN json_extract(record, '$.cause') END = :cause)"
    " AND (:status = 0 OR CASE WHEN json_valid(record) THEN json_extract(record, '$.status') END = :status)"
    " ORDER BY saved DESC LIMIT :most OFFSET :offset");
inline constexpr SqlText kExpireRecords(
    "DELETE FROM leptir_records WHERE seq IN (SELECT seq FROM leptir_records WHERE saved <= :oldest LIMIT :most)");

}  // namespace leptir::sqlite::sql
