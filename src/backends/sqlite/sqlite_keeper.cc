#include "backends/sqlite/sqlite_keeper.h"

#include "backends/sqlite/sqlite_schema.h"

namespace leptir::sqlite {
namespace {

using Kind = SqliteTransaction::Kind;

Error notFound(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task " + std::string(id) + " in the queue");
}

}  // namespace

SqliteKeeper::SqliteKeeper(std::shared_ptr<SqliteQueue> queue)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      find_(connection_,
            "SELECT id, holder, due, failures, crashes, expiries, unknown, envelope, reason FROM leptir_tasks"
            " WHERE id = ?"),
      holder_(connection_, "SELECT holder FROM leptir_tasks WHERE id = ?"),
      remove_(connection_, "DELETE FROM leptir_tasks WHERE id = ?"),
      requestCancel_(connection_, "UPDATE leptir_tasks SET cancelled_by = ? WHERE id = ?"),
      buried_(connection_,
              "SELECT id, holder, due, failures, crashes, expiries, unknown, envelope, reason FROM leptir_tasks"
              " WHERE holder = 16777217 ORDER BY buried, seq LIMIT ? OFFSET ?"),
      revive_(connection_,
              "UPDATE leptir_tasks SET holder = 16777216, due = ?, buried = NULL, reason = NULL,"
              " failures = 0, crashes = 0, expiries = 0, unknown = 0 WHERE id = ? AND holder = 16777217"),
      buriedById_(connection_,
                  "SELECT id, holder, due, failures, crashes, expiries, unknown, envelope, reason FROM leptir_tasks"
                  " WHERE id = ? AND holder = 16777217") {}

Result<FoundTask> SqliteKeeper::find(std::string_view id) {
  SqliteTransaction read(connection_, Kind::Read);
  std::optional<FoundTask> found;
  if (find_.with(id).step()) found = readFoundTask(find_);
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!found) return notFound(id);
  return std::move(*found);
}

Result<void> SqliteKeeper::remove(std::string_view id) {
  SqliteTransaction write(connection_, Kind::Write);
  const auto holder = holderOf(id);
  if (!holder) return holder.error();
  if (*holder > kHolderBuried)
    return Error(ErrorCode::Lost, "task " + std::string(id) + " is leased; cancel it instead");
  remove_.with(id).run();
  return write.commit();
}

Result<CancelResult> SqliteKeeper::cancel(std::string_view id, std::string_view by) {
  SqliteTransaction write(connection_, Kind::Write);
  const auto holder = holderOf(id);
  if (!holder) return holder.error();
  const bool leased = *holder > kHolderBuried;
  if (leased) {
    requestCancel_.with(by, id).run();
  } else {
    remove_.with(id).run();
  }
  if (auto written = write.commit(); !written) return written.error();
  if (leased) queue_->bells.ring();  // ends the wait of the session that holds the task, so that it renews soon
  return leased ? CancelResult::Requested : CancelResult::Removed;
}

Result<std::vector<FoundTask>> SqliteKeeper::listBuried(Page page) {
  SqliteTransaction read(connection_, Kind::Read);
  std::vector<FoundTask> listed;
  buried_.with(page.limit, page.offset);
  while (buried_.step()) listed.push_back(readFoundTask(buried_));
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<std::size_t> SqliteKeeper::revive(std::span<const std::string> ids) {
  SqliteTransaction write(connection_, Kind::Write);
  std::size_t revived = 0;
  for (const auto& id : ids) revived += revive_.with(dueAtOnce(connection_.clock().now()), id).runChanging();
  if (auto written = write.commit(); !written) return written.error();
  queue_->bells.ring();
  return revived;
}

Result<std::vector<FoundTask>> SqliteKeeper::buriedAmong(std::span<const std::string> ids) {
  SqliteTransaction read(connection_, Kind::Read);
  std::vector<FoundTask> found;
  for (const auto& id : ids) {
    buriedById_.with(id);
    while (buriedById_.step()) found.push_back(readFoundTask(buriedById_));
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return found;
}

FoundTask SqliteKeeper::readFoundTask(const SqliteStatement& row) const {
  FoundTask task;
  task.id = row.text(0);
  task.due = timeOfDue(row.integer(2));
  task.counters = readCounters(row, 3);
  task.envelope = row.text(7);
  task.reason = row.text(8);
  const auto holder = row.integer(1);
  const auto waiting = row.integer(2) <= connection_.now() ? TaskState::Due : TaskState::Scheduled;
  task.state = holder == kHolderNone ? waiting : holder == kHolderBuried ? TaskState::Buried : TaskState::Leased;
  return task;
}

Result<std::int64_t> SqliteKeeper::holderOf(std::string_view id) {
  const bool found = holder_.with(id).step();
  if (connection_.failed()) return connection_.transactionResult().error();
  if (!found) return notFound(id);
  const auto holder = holder_.integer(0);
  holder_.reset();
  return holder;
}

}  // namespace leptir::sqlite
