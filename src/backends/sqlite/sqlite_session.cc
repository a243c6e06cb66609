#include "backends/sqlite/sqlite_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backends/sqlite/file_lookup.h"
#include "backends/sqlite/lease_ranges.h"
#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "backends/sqlite/task_row.h"
#include "base/failpoint.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

// A waiting pop wakes up after this time to checkpoint -wal, unless -wal is empty.
constexpr std::chrono::seconds kCheckpointInterval{1};

const LeaseId& leaseOf(const LeaseId& lease) {
  return lease;
}
template <class Settled>
const LeaseId& leaseOf(const Settled& task) {
  return task.lease;
}

// Settles tasks one by one: `bound(row, task)` answers the statement that settles the task in this row, with its
// values. Answers the leases for which no row was changed: they do not belong to this session.
template <class Settled, class Bound>
std::vector<LeaseId> settleEach(std::span<const Settled> tasks, const Bound& bound) {
  std::vector<LeaseId> notOurs;
  for (const auto& task : tasks) {
    const auto& lease = leaseOf(task);
    const auto row = rowOf(lease);
    const bool isSettled = row && bound(*row, task).runUpdate() > 0;
    if (!isSettled) notOurs.push_back(lease);
  }
  return notOurs;
}

}  // namespace

SqliteSession::SqliteSession(std::shared_ptr<SqliteBrokerState> state, std::int64_t number, Doorbell bell,
                             std::filesystem::path lockFile)
    : state_(std::move(state)),
      connection_(*state_->connection),
      number_(number),
      bell_(std::move(bell)),
      lockFile_(std::move(lockFile)),
      dueTasks_(connection_),
      isUsable_(connection_, sql::kIsSessionUsable),
      takeLeaseNumber_(connection_, sql::kTakeLeaseNumber),
      lease_(connection_, sql::kLeaseTasks),
      cancelRequest_(connection_, sql::kCancelRequest),
      acknowledge_(connection_, sql::kAcknowledgeTasks),
      release_(connection_, sql::kReleaseTask),
      bury_(connection_, sql::kBuryTask),
      held_(connection_, sql::kHeldTasks),
      returnTasks_(connection_, sql::kReturnTasksOfSession),
      end_(connection_, sql::kEndSession),
      setLockInode_(connection_, sql::kSetLockInode) {}

Result<std::vector<LeasedTask>> SqliteSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  if (limit > 0 && moreWereDue_) {
    auto leased = lease(limit);
    if (!leased || !leased->empty()) return leased;
  }
  for (bool waited = false;; waited = true) {
    bell_.clear();  // before reading: a push after the read rings again
    const auto next = untilNextDue();
    if (!next) return next.error();
    if (*next <= Duration::zero() && limit > 0) return lease(limit);
    if (waited || limit == 0) return std::vector<LeasedTask>();
    connection_.checkpointWhenIdle();
    const auto wait =
        connection_.isLogEmpty() ? std::min(longest, *next) : std::min<Duration>({longest, *next, kCheckpointInterval});
    if (wake.waitFor(wait, bell_.descriptor())) return std::vector<LeasedTask>();
  }
}

Result<Renewal> SqliteSession::renew(std::span<const LeaseId> held, Duration) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  Renewal renewal;
  for (const auto& lease : held) {
    const auto row = rowOf(lease);
    const bool ours = row && cancelRequest_.with(*row, number_, lease.number).step();
    if (!ours) {
      renewal.lost.push_back(lease);
    } else if (!cancelRequest_.isNull(0)) {
      renewal.cancelled.push_back({lease, std::string(cancelRequest_.text(0))});
    }
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  if (auto noted = saveLockInode(); !noted) return noted.error();
  return renewal;
}

// The master replaces a removed lock file. This writes the inode of the new one into the session's row: other instances
// compare it when they test whether this instance is dead (session_evidence.h).
Result<void> SqliteSession::saveLockInode() {
  const auto named = fileNamedBy(lockFile_);
  if (!named || named->inode == savedLockInode_) return {};
  if (tryToLockSession(lockFile_).answer != LockAnswer::Held) return {};
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  setLockInode_.with(static_cast<std::int64_t>(named->inode), number_).run();
  if (auto written = write.commit(); !written) return written;
  savedLockInode_ = named->inode;
  return {};
}

Result<std::vector<LeaseId>> SqliteSession::acknowledge(std::span<const LeaseId> leases) {
  {
    SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
    if (auto open = checkOpen(); !open) return open.error();
    if (deleteRanges(leases)) {
      LEPTIR_FAILPOINT("sqlite.acknowledge.before_commit");
      if (auto written = write.commit(); !written) return written.error();
      LEPTIR_FAILPOINT("sqlite.acknowledge.after_commit");
      return std::vector<LeaseId>();
    }
  }
  // Rare: this session has lost some of the leases. One statement for each lease tells which.
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto notOurs = deleteOneByOne(leases);
  if (auto written = write.commit(); !written) return written.error();
  return notOurs;
}

Result<std::vector<LeaseId>> SqliteSession::release(std::span<const TaskRelease> tasks) {
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  const auto now = connection_.clock().now();
  auto notOurs = settleEach(tasks, [&](std::int64_t row, const TaskRelease& task) -> SqliteStatement& {
    const auto& [failures, crashes, expiries, unknown] = task.counters;
    const auto time = task.leftToOthersUntil ? dueTasks_.leaveToOthers(row, task) : task.due;
    const auto due = time ? std::optional(dueAfterRelease(*time, now)) : std::nullopt;
    return release_.with(due, failures, crashes, expiries, unknown, row, number_, task.lease.number);
  });
  LEPTIR_FAILPOINT("sqlite.release.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.release.after_commit");
  state_->bells.ring();
  return notOurs;
}

Result<void> SqliteSession::leaseAgain(std::span<const LeaseId> released) {
  SqliteTransaction read(connection_, TransactionKind::Read);
  if (auto open = checkOpen(); !open) return open;
  for (const auto& lease : released) {
    if (const auto row = rowOf(lease)) dueTasks_.leaseAgain(*row);
  }
  return read.commit();
}

Result<std::vector<LeaseId>> SqliteSession::bury(std::span<const TaskBurial> tasks) {
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  std::string idIfNone;  // outlives the statement that it is bound to
  auto notOurs = settleEach(tasks, [&](std::int64_t row, const TaskBurial& task) -> SqliteStatement& {
    const auto& [failures, crashes, expiries, unknown] = task.counters;
    idIfNone = base::makeTaskId(connection_.clock());
    return bury_.with(idIfNone, task.reason, connection_.now(), failures, crashes, expiries, unknown, row, number_,
                      task.lease.number);
  });
  LEPTIR_FAILPOINT("sqlite.bury.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.bury.after_commit");
  return notOurs;
}

Result<std::vector<LeasedTask>> SqliteSession::heldTasks() {
  SqliteTransaction read(connection_, TransactionKind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  std::vector<LeasedTask> held;
  held_.with(number_);
  while (held_.step()) held.push_back(TaskRow(held_).leasedTask());
  if (auto finished = read.commit(); !finished) return finished.error();
  return held;
}

Result<void> SqliteSession::close() {
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open;
  returnTasks_.with(connection_.now(), number_).run();
  end_.with(connection_.now(), number_).run();
  LEPTIR_FAILPOINT("sqlite.close.before_commit");
  if (auto written = write.commit(); !written) return written;
  LEPTIR_FAILPOINT("sqlite.close.after_commit");
  state_->bells.ring();
  return {};
}

// Call it within the transaction that depends on it. Lost: the instance opened a later session, or this one ended
// and holds no tasks. A claim alone does not end the session: it may be a mistake, which SqliteRecovery undoes, and
// only the leases of the tasks that it gave back are reported as lost.
Result<void> SqliteSession::checkOpen() {
  const bool open = isUsable_.with(number_).step() && isUsable_.integer(0) != 0;
  if (connection_.failed()) return connection_.transactionResult();
  if (!open) return Error(ErrorCode::Lost, connection_.file().where() + ": the session was claimed or closed");
  return {};
}

Result<Duration> SqliteSession::untilNextDue() {
  SqliteTransaction read(connection_, TransactionKind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  const auto ahead = dueTasks_.untilNext();
  if (auto finished = read.commit(); !finished) return finished.error();
  return ahead;
}

Result<std::vector<LeasedTask>> SqliteSession::lease(std::size_t limit) {
  moreWereDue_ = false;
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto selected = dueTasks_.select(limit);
  auto& leased = selected.tasks;
  if (leased.empty() && !connection_.failed()) return std::move(leased);  // another session leased them first
  const auto number = nextLeaseNumber();
  for (const auto& range : rangesOf(selected.rows, number)) lease_.with(number_, number, range.first, range.last).run();
  LEPTIR_FAILPOINT("sqlite.lease.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.lease.after_commit");
  moreWereDue_ = leased.size() == limit;
  for (auto& task : leased) task.lease.number = static_cast<std::uint64_t>(number);
  return std::move(leased);
}

std::int64_t SqliteSession::nextLeaseNumber() {
  const auto number = takeLeaseNumber_.with(connection_.now()).step() ? takeLeaseNumber_.integer(0) : 0;
  takeLeaseNumber_.run();
  return number;
}

// True: this session held all of them, and the tasks are deleted. False: it did not, and the caller must roll back.
bool SqliteSession::deleteRanges(std::span<const LeaseId> leases) {
  const auto ranges = rangesOf(leases);
  return ranges && std::ranges::all_of(*ranges, [this](const auto& range) {
           return acknowledge_.with(range.first, range.last, number_, range.lease).runUpdate() == range.length();
         });
}

std::vector<LeaseId> SqliteSession::deleteOneByOne(std::span<const LeaseId> leases) {
  return settleEach(leases, [this](std::int64_t row, const LeaseId& lease) -> SqliteStatement& {
    return acknowledge_.with(row, row, number_, lease.number);
  });
}

}  // namespace leptir::sqlite
