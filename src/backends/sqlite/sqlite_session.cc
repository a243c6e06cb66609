#include "backends/sqlite/sqlite_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backends/sqlite/lease_runs.h"
#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_schema.h"
#include "base/failpoint.h"
#include "base/task_id.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using Kind = SqliteTransaction::Kind;

// Envelopes may have 16 MiB each: as many as fit are leased, but at least one.
constexpr std::size_t kMostBytesAtOnce = std::size_t{64} << 20;
// A log that is not tidied yet is looked after when nothing came for this long.
constexpr auto kTidyAfter = 1s;

LeasedTask leasedTaskAt(const SqliteStatement& row) {
  const auto lease = static_cast<std::uint64_t>(row.integer(1));
  return {
      std::string(row.text(6)), countersAt(row, 2), {lease, std::to_string(row.integer(0))}, std::string(row.text(7))};
}

// Where a row stands in the queue: by its time, then by its age.
std::pair<Time, std::int64_t> placeOf(const SqliteStatement& row) {
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
      atOnce_(
          connection_,
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
      wish_(connection_, "SELECT cancelled_by FROM leptir_tasks WHERE seq = ? AND holder = ? AND lease = ?"),
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
      noteLock_(connection_, "UPDATE leptir_sessions SET lock = ? WHERE number = ?") {}

Result<std::vector<LeasedTask>> SqliteSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  if (limit > 0 && moreWereDue_) {
    auto leased = lease(limit);
    if (!leased || !leased->empty()) return leased;
  }
  for (bool waited = false;; waited = true) {
    bell_.clear();  // before looking: a push after the look rings anew
    const auto next = untilNextDue();
    if (!next) return next.error();
    if (*next <= Duration::zero() && limit > 0) return lease(limit);
    if (waited || limit == 0) return std::vector<LeasedTask>();
    connection_.tidyWhenIdle();
    const auto wait =
        connection_.isTidy() ? std::min(longest, *next) : std::min<Duration>({longest, *next, kTidyAfter});
    if (wake.waitFor(wait, bell_.descriptor())) return std::vector<LeasedTask>();
  }
}

Result<Renewal> SqliteSession::renew(std::span<const LeaseId> held, Duration) {
  SqliteTransaction look(connection_, Kind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  Renewal renewal;
  for (const auto& lease : held) {
    const auto row = rowOf(lease);
    const bool ours = row && wish_.with(*row, number_, lease.number).step();
    if (!ours) {
      renewal.lost.push_back(lease);
    } else if (!wish_.isNull(0)) {
      renewal.cancelled.push_back({lease, std::string(wish_.text(0))});
    }
  }
  if (auto looked = look.commit(); !looked) return looked.error();
  if (auto noted = noteLockFile(); !noted) return noted.error();
  return renewal;
}

// The master makes a lock file anew that was removed: whoever judges the instance later must know that one.
Result<void> SqliteSession::noteLockFile() {
  const auto place = placeOf(lockFile_);
  if (!place || place->inode == notedLock_) return {};
  if (tryToLockSession(lockFile_).answer != SessionLockAttempt::Answer::Held) return {};
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  noteLock_.with(static_cast<std::int64_t>(place->inode), number_).run();
  if (auto written = write.commit(); !written) return written;
  notedLock_ = place->inode;
  return {};
}

Result<std::vector<LeaseId>> SqliteSession::acknowledge(std::span<const LeaseId> leases) {
  {
    SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
    if (auto open = checkOpen(); !open) return open.error();
    if (deleteRuns(leases)) {
      LEPTIR_FAILPOINT("sqlite.acknowledge.before_commit");
      if (auto written = write.commit(); !written) return written.error();
      LEPTIR_FAILPOINT("sqlite.acknowledge.after_commit");
      return std::vector<LeaseId>();
    }
  }
  // Rare: some are no longer ours. Which ones, only single statements can tell.
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto notOurs = deleteOneByOne(leases);
  if (auto written = write.commit(); !written) return written.error();
  return notOurs;
}

Result<std::vector<LeaseId>> SqliteSession::release(std::span<const Released> tasks) {
  std::vector<LeaseId> notOurs;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  const auto now = connection_.clock().now();
  for (const auto& task : tasks) {
    const auto& [lease, counters, released, envelope, leftUntil] = task;
    const auto row = rowOf(lease);
    const auto time = row && leftUntil ? leaveToOthers(*row, task) : released;
    const auto due = time ? std::optional(dueAgain(*time, now)) : std::nullopt;
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

Result<std::vector<LeaseId>> SqliteSession::bury(std::span<const Buried> tasks) {
  std::vector<LeaseId> notOurs;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  for (const auto& [lease, counters, reason, envelope] : tasks) {
    const auto row = rowOf(lease);
    const auto idIfNone = makeTaskId(connection_.clock());
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
  SqliteTransaction look(connection_, Kind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  std::vector<LeasedTask> held;
  held_.with(number_);
  while (held_.step()) held.push_back(leasedTaskAt(held_));
  if (auto looked = look.commit(); !looked) return looked.error();
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

// Within a transaction: what follows then happens while the session is open, or not at all. A later session of the
// instance ends it, and so does an end after which it holds nothing. A claim alone does not: it may be a mistake (then
// SqliteRecovery undoes it), and what it gives back is lost row by row.
Result<void> SqliteSession::checkOpen() {
  const bool open = open_.with(number_).step() && open_.integer(0) != 0;
  if (connection_.failed()) return connection_.outcome();
  if (!open) return Error(ErrorCode::Lost, connection_.file().where() + ": the session was claimed or closed");
  return {};
}

// Zero or less: a task is due.
Result<Duration> SqliteSession::untilNextDue() {
  SqliteTransaction look(connection_, Kind::Read);
  if (auto open = checkOpen(); !open) return open.error();
  if (!left_.empty()) {
    const auto ahead = untilOneIsNotLeft();
    if (auto looked = look.commit(); !looked) return looked.error();
    return ahead;
  }
  const bool some = earliest_.with().step() && !earliest_.isNull(0);
  const auto ahead = some ? saturatedSubtract(earliest_.integer(0), connection_.now()) : Duration::max().count();
  if (auto looked = look.commit(); !looked) return looked.error();
  return Duration(ahead);
}

// What this session leaves to others counts from the end of that time.
Duration SqliteSession::untilOneIsNotLeft() {
  const auto now = connection_.clock().now();
  auto earliest = Time::max();
  waiting_.with(left_.size() + 1);
  while (waiting_.step()) {
    const auto due = waiting_.integer(0) < kAtOnceBelow ? now : timeOfDue(waiting_.integer(0));
    const auto until = left_.until(waiting_.text(1), now);
    earliest = std::min(earliest, std::max(due, until.value_or(due)));
    if (!until) break;
  }
  waiting_.reset();
  return saturatedSubtract(earliest, now);
}

// Empty: the row has no id any more.
std::string SqliteSession::idOf(std::int64_t row) {
  std::string id(id_.with(row).step() ? id_.text(0) : std::string_view());
  id_.reset();
  return id;
}

// Answers when it is due.
std::optional<Time> SqliteSession::leaveToOthers(std::int64_t row, const Released& released) {
  const auto id = idOf(row);
  const bool isLeft = !id.empty() && left_.add(id, *released.leftUntil, connection_.clock().now());
  return isLeft ? released.due : released.leftUntil;
}

Result<std::vector<LeasedTask>> SqliteSession::lease(std::size_t limit) {
  moreWereDue_ = false;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  if (auto open = checkOpen(); !open) return open.error();
  auto leased = selectDue(limit);
  if (leased.empty() && !connection_.failed()) return leased;  // somebody else was quicker
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
  const auto most = limit + left_.size();
  bool hasAtOnce = atOnce_.with(most).step(), hasDue = due_.with(connection_.now(), most).step();
  while ((hasAtOnce || hasDue) && found.size() < limit && bytes <= kMostBytesAtOnce) {
    const bool takeAtOnce = hasAtOnce && (!hasDue || placeOf(atOnce_) < placeOf(due_));
    auto& row = takeAtOnce ? atOnce_ : due_;
    if (left_.empty() || !left_.until(idOf(row.integer(0)), now)) {
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
  for (const auto& run : runsOf(rows_, lease)) mark_.with(number_, lease, run.first, run.last).run();
}

// True: all were ours and are gone. False: some were not; roll back.
bool SqliteSession::deleteRuns(std::span<const LeaseId> leases) {
  const auto runs = runsOf(leases);
  return runs && std::ranges::all_of(*runs, [this](const auto& run) {
           return delete_.with(run.first, run.last, number_, run.lease).runChanging() == run.length();
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

}  // namespace leptir
