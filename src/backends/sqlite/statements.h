// Every SQL statement on the tasks and sessions of a queue, with named parameters: SqliteStatement::with() takes their
// values in the order of their first occurrence. An enum before a statement has its columns, where they are several.
// The statements on records stand in record_statements.h, those that make the tables in sqlite_migrations.cc.
#pragma once

#include "backends/sqlite/row_batches.h"
#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite::sql {

// ---- The schema ----

inline constexpr SqlText kCountTables(
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
    " ('leptir_state', 'leptir_sessions', 'leptir_tasks', 'leptir_records')");
inline constexpr SqlText kSchemaVersionOfFile("SELECT value FROM leptir_state WHERE name = 'version'");
inline constexpr SqlText kSetSchemaVersion("UPDATE leptir_state SET value = :version WHERE name = 'version'");

// ---- The queue ----

// Parameters of a row: id, due, the four counters, envelope.
inline constexpr RowBatchText kInsertTasks{
    .head = "INSERT INTO leptir_tasks (id, due, failures, crashes, expiries, unknown, envelope) VALUES ",
    .row = "(?,?,?,?,?,?,?)",
    .tail = " ON CONFLICT (id) DO NOTHING"};

enum class CountColumn { Due, Scheduled, Leased, Buried };
inline constexpr SqlText kCountTasks(
    "SELECT (SELECT count(*) FROM leptir_tasks WHERE {is_waiting} AND due <= :now),"
    " (SELECT count(*) FROM leptir_tasks WHERE {is_waiting} AND due > :now),"
    " (SELECT count(*) FROM leptir_tasks WHERE {is_leased}),"
    " (SELECT count(*) FROM leptir_tasks WHERE {is_buried})");

inline constexpr SqlText kEarliestDue("SELECT min(due) FROM leptir_tasks WHERE {is_waiting}");
enum class WaitingColumn { Due, Id };
inline constexpr SqlText kWaitingTasks("SELECT due, id FROM leptir_tasks WHERE {is_waiting} ORDER BY due LIMIT :most");

// ---- Leasing and settling, by a session ----

inline constexpr SqlText kDueAtOnceTasks(
    "SELECT {leased_columns} FROM leptir_tasks"
    " WHERE {is_waiting} AND due < {at_once_limit} ORDER BY due, seq LIMIT :most");
inline constexpr SqlText kDueByTimeTasks(
    "SELECT {leased_columns} FROM leptir_tasks"
    " WHERE {is_waiting} AND due BETWEEN {at_once_limit} AND :now ORDER BY due, seq LIMIT :most");
inline constexpr SqlText kTakeLeaseNumber(
    "INSERT INTO leptir_state (name, value) VALUES ('last lease', max(:now, 1)) ON CONFLICT (name) DO UPDATE"
    " SET value = max(iif(value < {largest_accepted}, value, 0) + 1, excluded.value) RETURNING value");
inline constexpr SqlText kLeaseTasks(
    "UPDATE leptir_tasks SET holder = :session, lease = :lease"
    " WHERE seq BETWEEN :first AND :last AND {is_waiting}");
inline constexpr SqlText kHeldTasks(
    "SELECT {leased_columns} FROM leptir_tasks WHERE holder = :session AND {is_leased}");
inline constexpr SqlText kCancelRequest("SELECT cancelled_by FROM leptir_tasks WHERE {of_lease}");
inline constexpr SqlText kAcknowledgeTasks(
    "DELETE FROM leptir_tasks WHERE seq BETWEEN :first AND :last AND holder = :session AND lease = :lease");
inline constexpr SqlText kReleaseTask(
    "UPDATE leptir_tasks SET holder = {no_holder}, due = coalesce(:due, due), {counters} WHERE {of_lease}");
inline constexpr SqlText kBuryTask("UPDATE leptir_tasks SET {bury}, {counters} WHERE {of_lease}");
inline constexpr SqlText kIdOfTask("SELECT id FROM leptir_tasks WHERE seq = :row");

// ---- Sessions ----

inline constexpr SqlText kLastEpoch("SELECT max(epoch) FROM leptir_sessions WHERE instance = :instance");
inline constexpr SqlText kClaimEarlierSessions(
    "UPDATE leptir_sessions SET state = {claimed} WHERE instance = :instance AND state = {open}");
inline constexpr SqlText kDeleteEndedSessions("DELETE FROM leptir_sessions WHERE state = {ended} AND ended < :before");
inline constexpr SqlText kInsertRandomFileNumber(
    "INSERT INTO leptir_state VALUES ('file', {random_file_number}) ON CONFLICT (name) DO NOTHING");
// The number is the last one + 1. AUTOINCREMENT would fail once another program had set a row or the sequence to the
// largest number; then the number is drawn at random, and is hardly ever in use.
inline constexpr SqlText kInsertSession(
    "INSERT INTO leptir_sessions"
    " (number, instance, epoch, host, pid, version, workers, opened, lock, boot, visible, file)"
    " VALUES ((SELECT iif(last < {largest_session}, last + 1, {first_session} + abs(random() % {random_sessions}))"
    " FROM (SELECT max({last_reserved}, coalesce((SELECT max(number) FROM leptir_sessions), 0),"
    " coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'leptir_sessions'), 0)) AS last)),"
    " :instance, :epoch, :host, :pid, :version, :workers, :now, :lock, :boot, :visible, {this_file})"
    " RETURNING number");
inline constexpr SqlText kFindOpenSession(
    "SELECT number FROM leptir_sessions"
    " WHERE instance = :instance AND epoch = :epoch AND state = {open} AND file = {this_file}");
// Whether the session may go on: see SqliteSession::checkOpen.
inline constexpr SqlText kIsSessionUsable(
    "SELECT CASE WHEN state = {open} THEN 1 WHEN {is_superseded} THEN 0 WHEN state = {claimed} THEN 1"
    " ELSE {holds_tasks} END FROM leptir_sessions WHERE number = :session");
// Columns: those of session_row.h, then the number of leased tasks.
inline constexpr SqlText kListOpenSessions(
    "SELECT {session_columns}, (SELECT count(*) FROM leptir_tasks WHERE holder = number AND {is_leased})"
    " FROM leptir_sessions WHERE state = {open} ORDER BY instance, epoch LIMIT :most OFFSET :offset");
inline constexpr SqlText kSetLockInode("UPDATE leptir_sessions SET lock = :inode WHERE number = :session");
inline constexpr SqlText kReturnTasksOfSession(
    "UPDATE leptir_tasks SET holder = {no_holder}, due = {due_at_once_by_now}"
    " WHERE holder = :session AND {is_leased}");
inline constexpr SqlText kEndSession(
    "UPDATE leptir_sessions SET state = {ended}, ended = :now WHERE number = :session");

// ---- Recovery ----

inline constexpr SqlText kUnendedSessions(
    "SELECT {session_columns} FROM leptir_sessions WHERE state < {ended} OR {holds_tasks} ORDER BY number");
inline constexpr SqlText kClaimSession(
    "UPDATE leptir_sessions SET state = {claimed} WHERE number = :session AND state = :state");
inline constexpr SqlText kReopenSession(
    "UPDATE leptir_sessions SET state = {open}, ended = NULL WHERE number = :session AND NOT {is_superseded}");
inline constexpr SqlText kEndClaimedSession(
    "UPDATE leptir_sessions SET state = {ended}, ended = :now WHERE number = :session AND state = {claimed}");
inline constexpr SqlText kHoldersWithoutSession(
    "WITH RECURSIVE holders(number) AS ("
    "  SELECT min(holder) FROM leptir_tasks WHERE {is_leased} UNION ALL"
    "  SELECT (SELECT min(holder) FROM leptir_tasks WHERE {is_leased} AND holder > number)"
    "  FROM holders WHERE number IS NOT NULL)"
    " SELECT number FROM holders WHERE number IS NOT NULL AND"
    " NOT EXISTS (SELECT 1 FROM leptir_sessions WHERE leptir_sessions.number = holders.number) LIMIT :most");
enum class ReturnColumn { Row, Expiries };
inline constexpr SqlText kTasksToReturn(
    "SELECT seq, expiries FROM leptir_tasks WHERE holder = :holder AND {is_leased} ORDER BY seq LIMIT :most");
inline constexpr SqlText kReturnAbandonedTask(
    "UPDATE leptir_tasks SET holder = {no_holder}, expiries = :expiries,"
    " due = CASE WHEN :delay > 0 THEN :now + :delay ELSE {due_at_once_by_now} END WHERE seq = :row");

// ---- Single tasks, for commands ----

inline constexpr SqlText kFindTask("SELECT {found_columns} FROM leptir_tasks WHERE id = :id");
inline constexpr SqlText kFindBuriedTask("SELECT {found_columns} FROM leptir_tasks WHERE id = :id AND {is_buried}");
inline constexpr SqlText kBuriedTasks(
    "SELECT {found_columns} FROM leptir_tasks WHERE {is_buried} ORDER BY buried, seq LIMIT :most OFFSET :offset");
inline constexpr SqlText kHolderOfTask("SELECT holder FROM leptir_tasks WHERE id = :id");
inline constexpr SqlText kRemoveTask("DELETE FROM leptir_tasks WHERE id = :id");
inline constexpr SqlText kRemoveUnlessLeased("DELETE FROM leptir_tasks WHERE id = :id AND holder <= {buried}");
inline constexpr SqlText kRescheduleTask("UPDATE leptir_tasks SET due = :due WHERE id = :id AND {is_waiting}");
inline constexpr SqlText kRequestCancel("UPDATE leptir_tasks SET cancelled_by = :by WHERE id = :id");
inline constexpr SqlText kReviveTask(
    "UPDATE leptir_tasks SET holder = {no_holder}, due = :due, buried = NULL, reason = NULL,"
    " failures = 0, crashes = 0, expiries = 0, unknown = 0 WHERE id = :id AND {is_buried}");

}  // namespace leptir::sqlite::sql
