#include "backends/sqlite/abandoned_tasks.h"

#include <utility>

#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "base/failpoint.h"
#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {
namespace {

std::uint32_t incrementedExpiries(std::int64_t stored) {
  auto expiries = base::saturatedCast<std::uint32_t>(stored);
  base::incrementSaturated(expiries);
  return expiries;
}

}  // namespace

AbandonedTasks::AbandonedTasks(SqliteConnection& connection)
    : connection_(connection),
      holders_(connection, sql::kHoldersWithoutSession),
      tasks_(connection, sql::kTasksToReturn),
      return_(connection, sql::kReturnAbandonedTask),
      endSession_(connection, sql::kEndClaimedSession) {}

Result<std::size_t> AbandonedTasks::returnTasksOf(std::int64_t holder, std::size_t limit) {
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  std::vector<std::pair<std::int64_t, std::uint32_t>> rows;
  tasks_.with(holder, limit);
  while (tasks_.step()) {
    rows.emplace_back(tasks_.integer(sql::ReturnColumn::Row),
                      incrementedExpiries(tasks_.integer(sql::ReturnColumn::Expiries)));
  }
  for (const auto& [row, expiries] : rows)
    return_.with(expiries, delayAfterExpiry(expiries).count(), connection_.now(), row).run();
  if (rows.size() < limit) endSession_.with(connection_.now(), holder).run();
  LEPTIR_FAILPOINT("sqlite.recover.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  return rows.size();
}

Result<std::size_t> AbandonedTasks::returnTasksWithoutSession(std::size_t limit) {
  if (limit == 0) return 0;
  const auto holders = holdersWithoutSession(limit);
  if (!holders) return holders.error();
  std::size_t done = 0;
  for (const auto holder : *holders) {
    if (done == limit) break;
    const auto returned = returnTasksOf(holder, limit - done);
    if (!returned) return returned.error();
    done += *returned;
  }
  return done;
}

Result<std::vector<std::int64_t>> AbandonedTasks::holdersWithoutSession(std::size_t limit) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::vector<std::int64_t> holders;
  holders_.with(limit);
  while (holders_.step()) holders.push_back(holders_.integer(0));
  if (auto finished = read.commit(); !finished) return finished.error();
  return holders;
}

}  // namespace leptir::sqlite
