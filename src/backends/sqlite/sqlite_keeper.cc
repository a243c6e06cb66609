#include "backends/sqlite/sqlite_keeper.h"

#include "backends/sqlite/file_lookup.h"
#include "backends/sqlite/session_row.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "backends/sqlite/task_row.h"
#include "broker/cancel_requester.h"
#include "broker/keeper_errors.h"

namespace leptir::sqlite {

SqliteKeeper::SqliteKeeper(std::shared_ptr<SqliteBrokerState> state)
    : state_(std::move(state)),
      connection_(*state_->connection),
      lists_(connection_),
      find_(connection_, sql::kFindTask),
      holder_(connection_, sql::kHolderOfTask),
      remove_(connection_, sql::kRemoveTask),
      requestCancel_(connection_, sql::kRequestCancel),
      buried_(connection_, sql::kBuriedTasks),
      revive_(connection_, sql::kReviveTask),
      removeUnlessLeased_(connection_, sql::kRemoveUnlessLeased),
      reschedule_(connection_, sql::kRescheduleTask),
      findBuried_(connection_, sql::kFindBuriedTask),
      listSessions_(connection_, sql::kListOpenSessions) {}

Result<FoundTask> SqliteKeeper::find(std::string_view id) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::optional<FoundTask> found;
  if (find_.with(id).step()) found = TaskRow(find_).foundTask(connection_.now());
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!found) return broker::noSuchTask(id);
  return std::move(*found);
}

Result<void> SqliteKeeper::remove(std::string_view id) {
  SqliteTransaction write(connection_, TransactionKind::Write);
  const auto holder = holderOf(id);
  if (!holder) return holder.error();
  if (*holder > kHolderBuried) return broker::taskLeasedError(id);
  remove_.with(id).run();
  return write.commit();
}

Result<CancelResult> SqliteKeeper::cancel(std::string_view id, std::string_view by) {
  SqliteTransaction write(connection_, TransactionKind::Write);
  const auto holder = holderOf(id);
  if (!holder) return holder.error();
  const bool leased = *holder > kHolderBuried;
  if (leased) {
    requestCancel_.with(broker::requesterOrUnknown(by), id).run();
  } else {
    remove_.with(id).run();
  }
  if (auto written = write.commit(); !written) return written.error();
  if (leased) state_->bells.ring();  // ends the wait of the session that holds the task, so that it renews soon
  return leased ? CancelResult::Requested : CancelResult::Removed;
}

Result<std::vector<FoundTask>> SqliteKeeper::listBuried(Page page) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::vector<FoundTask> listed;
  buried_.with(page.limit, page.offset);
  while (buried_.step()) listed.push_back(TaskRow(buried_).foundTask(connection_.now()));
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<std::size_t> SqliteKeeper::revive(std::span<const std::string> ids) {
  SqliteTransaction write(connection_, TransactionKind::Write);
  std::size_t revived = 0;
  for (const auto& id : ids) revived += revive_.with(dueAtOnce(connection_.clock().now()), id).runUpdate();
  if (auto written = write.commit(); !written) return written.error();
  state_->bells.ring();
  return revived;
}

Result<std::size_t> SqliteKeeper::removeMany(std::span<const std::string> ids) {
  SqliteTransaction write(connection_, TransactionKind::Write);
  std::size_t removed = 0;
  for (const auto& id : ids) removed += removeUnlessLeased_.with(id).runUpdate();
  if (auto written = write.commit(); !written) return written.error();
  return removed;
}

Result<std::size_t> SqliteKeeper::reschedule(std::span<const std::string> ids, std::optional<Time> due) {
  SqliteTransaction write(connection_, TransactionKind::Write);
  const auto stored = due ? dueFrom(*due) : dueAtOnce(connection_.clock().now());
  std::size_t rescheduled = 0;
  for (const auto& id : ids) rescheduled += reschedule_.with(stored, id).runUpdate();
  if (auto written = write.commit(); !written) return written.error();
  state_->bells.ring();
  return rescheduled;
}

Result<std::vector<ListedSession>> SqliteKeeper::listSessions(Page page) {
  const auto file = identityText(connection_.fileIdentity());
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::vector<ListedSession> listed;
  listSessions_.with(file, page.limit, page.offset);
  while (listSessions_.step()) {
    auto session = readSession(listSessions_);
    const auto leased = listSessions_.integer(SessionColumn::AfterAll);
    listed.push_back({.session = {session.origin.instance, session.epoch},
                      .info = std::move(session.info),
                      .leasedTasks = static_cast<std::uint64_t>(leased)});
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<std::vector<FoundTask>> SqliteKeeper::buriedAmong(std::span<const std::string> ids) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::vector<FoundTask> found;
  for (const auto& id : ids) {
    findBuried_.with(id);
    while (findBuried_.step()) found.push_back(TaskRow(findBuried_).foundTask(connection_.now()));
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return found;
}

Result<std::int64_t> SqliteKeeper::holderOf(std::string_view id) {
  const bool found = holder_.with(id).step();
  if (connection_.failed()) return connection_.transactionResult().error();
  if (!found) return broker::noSuchTask(id);
  const auto holder = holder_.integer(0);
  holder_.reset();
  return holder;
}

}  // namespace leptir::sqlite
