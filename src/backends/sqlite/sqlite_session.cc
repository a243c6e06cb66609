#include "backends/sqlite/sqlite_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backends/sqlite/lease_ranges.h"
#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_schema.h"
#include "base/failpoint.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;
using Kind = SqliteTransaction::Kind;

// A lease stops once its envelopes have more bytes than this (each may have 16 MiB); it takes at least one task.
constexpr std::size_t kMaxBytesPerLease = std::size_t{64} << 20;
// A waiting pop wakes up after this time to checkpoint -wal, unless -wal is empty.
constexpr auto kCheckpointAfter = 1s;

LeasedTask leasedTaskAt(const SqliteStatement& row) {
  const auto lease = static_cast<std::uint64_t>(row.integer(1));
  return {std::string(row.text(6)),
          readCounters(row, 2),
          {lease, std::to_string(row.integer(0))},
          std::string(row.text(7))};
}

// The position of a row in the queue: by its due time, then by its age.
std::pair<Time, std::int64_t> queuePosition(const SqliteStatement& row) {
  return {timeOfDue(row.integer(8)), row.integer(0)};
}

}  // namespace

SqliteSession::SqliteSession(std::shared_ptr<SqliteQueue> queue, std::int64_t number, Doorbell bell,
                             std::filesystem::path lockFile)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      number_(number),
      bell_(std::move(bell)),
      lockFile_(std::move(lockFile)),
      open_(connection_, "SELECT CASE WHEN state = 0 THEN 1 WHEN " + std::string(kIsSuperseded) +
                             " THEN 0 WHEN state = 1 THEN 1"
                             " ELSE EXISTS (SELECT 1 FROM leptir_tasks WHERE holder = number AND holder > 16777217) END"
                             " FROM leptir_sessions WHERE number = ?"),
      earliest_(connection_, "SELECT min(due) FROM leptir_tasks WHERE holder = 16777216"),
      atOnce_(connection_,
              "SELECT seq, lease, failures, crashes, expiries, unknown, envelope, cancelled_by, due FROM leptir_tasks"
              " WHERE holder = 16777216 AND due < -1152921504606846976 ORDER BY due, seq LIMIT ?"),
      due_(connection_,
           "SELECT seq, lease, failures, crashes, expiries, unknown, envelope, cancelled_by, due FROM leptir_tasks"
           " WHERE holder = 16777216 AND due BETWEEN -1152921504606846976 AND ? ORDER BY due, seq LIMIT ?"),
      nextLease_(connection_,
                 "INSERT INTO leptir_state (name, value) VALUES ('last lease', max(?, 1)) ON CONFLICT (name) DO UPDATE"
                 " SET value = max(iif(value < 2305843009213693952, value, 0) + 1, excluded.value) RETURNING value"),
      mark_(connection_,
            "UPDATE leptir_tasks SET holder = ?, lease = ? WHERE seq BETWEEN ? AND ? AND holder = 16777216"),
      cancelRequest_(connection_, "SELECT cancelled_by FROM leptir_tasks WHERE seq = ? AND holder = ? AND lease = ?"),
      delete_(connection_, "DELETE FROM leptir_tasks WHERE seq BETWEEN ? AND ? AND holder = ? AND lease = ?"),
      release_(connection_,
               "UPDATE leptir_tasks SET holder = 16777216, due = coalesce(?, due), failures = ?, crashes = ?,"
               " expiries = ?, unknown = ? WHERE seq = ? AND holder = ? AND lease = ?"),
      waiting_(connection_, "SELECT due, id FROM leptir_tasks WHERE holder = 16777216 ORDER BY due LIMIT ?"),
      id_(connection_, "SELECT id FROM leptir_tasks WHERE seq = ?"),
      bury_(connection_,
            "UPDATE leptir_tasks SET holder = 16777217, id = coalesce(id, ?), reason = ?, cancelled_by = NULL,"
            " buried = min(4611686018427387904,"
            "   max(?, coalesce((SELECT max(buried) + 1 FROM leptir_tasks WHERE holder = 16777217), 0))),"
            " failures = ?, crashes = ?, expiries = ?, unknown = ? WHERE seq = ? AND holder = ? AND lease = ?"),
      held_(connection_,
            "SELECT seq, lease, failures, crashes, expiries, unknown, envelope, cancelled_by FROM leptir_tasks"
            " WHERE holder = ? AND holder > 16777217"),
      giveBack_(connection_,
                "UPDATE leptir_tasks SET holder = 16777216, due = CASE WHEN due < -1152921504606846976 THEN due"
                " ELSE min(due, ?) - 2305843009213693952 END WHERE holder = ? AND holder > 16777217"),
      end_(connection_, "UPDATE leptir_sessions SET state = 2, ended = ? WHERE number = ?"),
      updateLockInode_(connection_, "UPDATE leptir_sessions SET lock = ? WHERE number = ?") {}

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
        connection_.isLogEmpty() ? std::min(longest, *next) : std::min<Duration>({longest, *next, kCheckpointAfter});
    if (wake.waitFor(wait, bell_.descriptor())) return std::vector<LeasedTask>();
  }
}

Result<Renewal> SqliteSession::renew(std::span<const LeaseId> held, Duration) {
  SqliteTransaction read(connection_, Kind::Read);
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
  const auto fileId = fileIdOf(lockFile_);
  if (!fileId || fileId->inode == savedLockInode_) return {};
  if (tryToLockSession(lockFile_).answer != SessionLockAttempt::Answer::Held) return {};
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  updateLockInode_.with(static_cast<std::int64_t>(fileId->inode), number_).run();
  if (auto written = write.commit(); !written) return written;
  savedLockInode_ = fileId->inode;
  return {};
}

Result<std::vector<LeaseId>> SqliteSession::acknowledge(std::span<const LeaseId> leases) {
  {
    SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
    if (auto open = checkOpen(); !open) return open.error();
    if (deleteRanges(leases)) {
      LEPTIR_FAILPOINT("sqlite.acknowledge.before_commit");
      if (auto written = write.commit(); !written) return written.error();
      LEPTIR_FAILPOINT("sqlite.acknowledge.after_commit");
      return std::vector<LeaseId>();
    }
  }
  // Rare: this session has lost some of the leases. One statement for each lease tells which.
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto notOurs = deleteOneByOne(leases);
  if (auto written = write.commit(); !written) return written.error();
  return notOurs;
}

Result<std::vector<LeaseId>> SqliteSession::release(std::span<const TaskRelease> tasks) {
  std::vector<LeaseId> notOurs;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  const auto now = connection_.clock().now();
  for (const auto& task : tasks) {
    const auto& [lease, counters, released, envelope, leftToOthersUntil] = task;
    const auto row = rowOf(lease);
    const auto time = row && leftToOthersUntil ? leaveToOthers(*row, task) : released;
    const auto due = time ? std::optional(dueAfterRelease(*time, now)) : std::nullopt;
    if (!row || release_.with(due, counters.failures, counters.crashes, counters.expiries, counters.unknown, *row,
                              number_, lease.number)
                        .runChanging() == 0) {
      notOurs.push_back(lease);
    }
  }
  LEPTIR_FAILPOINT("sqlite.release.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.release.after_commit");
  queue_->bells.ring();
  return notOurs;
}

Result<std::vector<LeaseId>> SqliteSession::bury(std::span<const TaskBurial> tasks) {
  std::vector<LeaseId> notOurs;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  for (const auto& [lease, counters, reason, envelope] : tasks) {
    const auto row = rowOf(lease);
    const auto idIfNone = base::makeTaskId(connection_.clock());
    if (!row || bury_.with(idIfNone, reason, connection_.now(), counters.failures, counters.crashes, counters.expiries,
                           counters.unknown, *row, number_, lease.number)
                        .runChanging() == 0) {
      notOurs.push_back(lease);
    }
  }
  LEPTIR_FAILPOINT("sqlite.bury.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.bury.after_commit");
  return notOurs;
}

Result<std::vector<LeasedTask>> SqliteSession::heldTasks() {
  SqliteTransaction read(connection_, Kind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  std::vector<LeasedTask> held;
  held_.with(number_);
  while (held_.step()) held.push_back(leasedTaskAt(held_));
  if (auto finished = read.commit(); !finished) return finished.error();
  return held;
}

Result<void> SqliteSession::close() {
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open;
  giveBack_.with(connection_.now(), number_).run();
  end_.with(connection_.now(), number_).run();
  LEPTIR_FAILPOINT("sqlite.close.before_commit");
  if (auto written = write.commit(); !written) return written;
  LEPTIR_FAILPOINT("sqlite.close.after_commit");
  queue_->bells.ring();
  return {};
}

// Call it within the transaction that depends on it. Lost: the instance opened a later session, or this one ended
// and holds no tasks. A claim alone does not end the session: it may be a mistake, which SqliteRecovery undoes, and
// tasks that it gave back are lost one by one.
Result<void> SqliteSession::checkOpen() {
  const bool open = open_.with(number_).step() && open_.integer(0) != 0;
  if (connection_.failed()) return connection_.transactionResult();
  if (!open) return Error(ErrorCode::Lost, connection_.file().where() + ": the session was claimed or closed");
  return {};
}

// The time until the next task is due. Zero or less: a task is due now.
Result<Duration> SqliteSession::untilNextDue() {
  SqliteTransaction read(connection_, Kind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  if (!leftToOthers_.empty()) {
    const auto ahead = untilNextLeasable();
    if (auto finished = read.commit(); !finished) return finished.error();
    return ahead;
  }
  const bool some = earliest_.with().step() && !earliest_.isNull(0);
  const auto ahead = some ? base::saturatedSubtract(earliest_.integer(0), connection_.now()) : Duration::max().count();
  if (auto finished = read.commit(); !finished) return finished.error();
  return Duration(ahead);
}

// As untilNextDue(), but tasks that this session leaves to others count from the end of that time.
Duration SqliteSession::untilNextLeasable() {
  const auto now = connection_.clock().now();
  auto earliest = Time::max();
  waiting_.with(leftToOthers_.size() + 1);
  while (waiting_.step()) {
    const auto due = waiting_.integer(0) < kAtOnceLimit ? now : timeOfDue(waiting_.integer(0));
    const auto until = leftToOthers_.until(waiting_.text(1), now);
    earliest = std::min(earliest, std::max(due, until.value_or(due)));
    if (!until) break;
  }
  waiting_.reset();
  return base::saturatedSubtract(earliest, now);
}

// Empty: the row is gone or has no id.
std::string SqliteSession::idOf(std::int64_t row) {
  std::string id(id_.with(row).step() ? id_.text(0) : std::string_view());
  id_.reset();
  return id;
}

// Remembers that this session leaves the task to others until `leftToOthersUntil`. Answers the due time to store, which
// is `leftToOthersUntil` if the session cannot remember that.
std::optional<Time> SqliteSession::leaveToOthers(std::int64_t row, const TaskRelease& released) {
  const auto id = idOf(row);
  const bool isLeft = !id.empty() && leftToOthers_.add(id, *released.leftToOthersUntil, connection_.clock().now());
  return isLeft ? released.due : released.leftToOthersUntil;
}

Result<std::vector<LeasedTask>> SqliteSession::lease(std::size_t limit) {
  moreWereDue_ = false;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto leased = selectDue(limit);
  if (leased.empty() && !connection_.failed()) return leased;  // another session leased them first
  const auto number = nextLease_.with(connection_.now()).step() ? nextLease_.integer(0) : 0;
  nextLease_.run();
  mark(number);
  LEPTIR_FAILPOINT("sqlite.lease.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.lease.after_commit");
  moreWereDue_ = leased.size() == limit;
  for (auto& task : leased) task.lease.number = static_cast<std::uint64_t>(number);
  return leased;
}

std::vector<LeasedTask> SqliteSession::selectDue(std::size_t limit) {
  std::vector<LeasedTask> found;
  std::size_t bytes = 0;
  rows_.clear();
  const auto now = connection_.clock().now();
  const auto most = limit + leftToOthers_.size();
  bool hasAtOnce = atOnce_.with(most).step(), hasDue = due_.with(connection_.now(), most).step();
  while ((hasAtOnce || hasDue) && found.size() < limit && bytes <= kMaxBytesPerLease) {
    const bool takeAtOnce = hasAtOnce && (!hasDue || queuePosition(atOnce_) < queuePosition(due_));
    auto& row = takeAtOnce ? atOnce_ : due_;
    if (leftToOthers_.empty() || !leftToOthers_.until(idOf(row.integer(0)), now)) {
      found.push_back(leasedTaskAt(row));
      rows_.push_back(row.integer(0));
      bytes += found.back().envelope.size();
    }
    (takeAtOnce ? hasAtOnce : hasDue) = row.step();
  }
  atOnce_.reset();
  due_.reset();
  return found;
}

void SqliteSession::mark(std::int64_t lease) {
  for (const auto& range : rangesOf(rows_, lease)) mark_.with(number_, lease, range.first, range.last).run();
}

// True: this session held all of them, and the tasks are deleted. False: it did not, and the caller must roll back.
bool SqliteSession::deleteRanges(std::span<const LeaseId> leases) {
  const auto ranges = rangesOf(leases);
  return ranges && std::ranges::all_of(*ranges, [this](const auto& range) {
           return delete_.with(range.first, range.last, number_, range.lease).runChanging() == range.length();
         });
}

std::vector<LeaseId> SqliteSession::deleteOneByOne(std::span<const LeaseId> leases) {
  std::vector<LeaseId> notOurs;
  for (const auto& lease : leases) {
    const auto row = rowOf(lease);
    if (!row || delete_.with(*row, *row, number_, lease.number).runChanging() == 0) notOurs.push_back(lease);
  }
  return notOurs;
}

}  // namespace leptir::sqlite
