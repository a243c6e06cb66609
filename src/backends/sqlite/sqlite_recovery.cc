#include "backends/sqlite/sqlite_recovery.h"

#include <utility>

#include "backends/sqlite/sqlite_schema.h"
#include "base/failpoint.h"
#include "base/instance_mark.h"
#include "base/instance_processes.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

using Kind = SqliteTransaction::Kind;
using Liveness = Evidence::Liveness;

SessionOrigin::File fileOf(std::int64_t isThis) {
  if (isThis < 0) return SessionOrigin::File::NotRecorded;
  return isThis == 0 ? SessionOrigin::File::Other : SessionOrigin::File::This;
}

std::uint32_t expiriesAfter(std::int64_t stored) {
  auto expiries = base::saturatedCast<std::uint32_t>(stored);
  base::incrementSaturated(expiries);
  return expiries;
}

}  // namespace

SqliteRecovery::SqliteRecovery(std::shared_ptr<SqliteQueue> queue)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      selectUnended_(
          connection_,
          "SELECT number, state, pid, instance, lock, boot, visible, coalesce(file = " + std::string(kThisFile) +
              ", -1), " + std::string(kIsSuperseded) +
              " FROM leptir_sessions WHERE state < 2 OR"
              " EXISTS (SELECT 1 FROM leptir_tasks WHERE holder = number AND holder > 16777217) ORDER BY number"),
      claim_(connection_, "UPDATE leptir_sessions SET state = 1 WHERE number = ? AND state = ?"),
      reopen_(connection_, "UPDATE leptir_sessions SET state = 0, ended = NULL WHERE number = ? AND NOT " +
                               std::string(kIsSuperseded)),
      holders_(connection_,
               "WITH RECURSIVE holders(number) AS ("
               "  SELECT min(holder) FROM leptir_tasks WHERE holder > 16777217 UNION ALL"
               "  SELECT (SELECT min(holder) FROM leptir_tasks WHERE holder > 16777217 AND holder > number)"
               "  FROM holders WHERE number IS NOT NULL)"
               " SELECT number FROM holders WHERE number IS NOT NULL AND"
               " NOT EXISTS (SELECT 1 FROM leptir_sessions WHERE leptir_sessions.number = holders.number) LIMIT ?"),
      held_(connection_,
            "SELECT seq, expiries FROM leptir_tasks WHERE holder = ? AND holder > 16777217 ORDER BY seq LIMIT ?"),
      requeue_(connection_,
               "UPDATE leptir_tasks SET holder = 16777216, expiries = ?3,"
               " due = CASE WHEN ?2 > 0 THEN ?1 + ?2 WHEN due < -1152921504606846976 THEN due"
               " ELSE min(due, ?1) - 2305843009213693952 END WHERE seq = ?4"),
      bury_(connection_,
            "UPDATE leptir_tasks SET holder = 16777217, id = coalesce(id, ?), reason = ?, cancelled_by = NULL,"
            " buried = min(4611686018427387904,"
            "   max(?, coalesce((SELECT max(buried) + 1 FROM leptir_tasks WHERE holder = 16777217), 0))),"
            " expiries = ? WHERE seq = ?"),
      end_(connection_, "UPDATE leptir_sessions SET state = 2, ended = ? WHERE number = ? AND state = 1") {}

Result<std::size_t> SqliteRecovery::recover(std::size_t limit) {
  const auto sessions = unendedSessions();
  if (!sessions) return sessions.error();
  std::size_t done = 0;
  for (const auto& session : *sessions) {
    const auto claimed = claimIfDead(session);
    if (!claimed) return claimed.error();
    if (!*claimed || done == limit) continue;
    const auto given = giveBack(session.number, limit - done);
    if (!given) return given.error();
    done += *given;
  }
  const auto given = recoverWithoutSession(limit - done);
  if (!given) return given.error();
  done += *given;
  if (done > 0) queue_->bells.ring();
  return done;
}

Result<std::vector<SqliteRecovery::UnendedSession>> SqliteRecovery::unendedSessions() {
  const auto fileId = connection_.fileId().text();
  SqliteTransaction read(connection_, Kind::Read);
  std::vector<UnendedSession> sessions;
  selectUnended_.with(fileId);
  while (selectUnended_.step()) sessions.push_back(readSession(selectUnended_));
  if (auto finished = read.commit(); !finished) return finished.error();
  return sessions;
}

SqliteRecovery::UnendedSession SqliteRecovery::readSession(const SqliteStatement& row) const {
  SessionOrigin origin{.instance = std::string(row.text(3)),
                       .file = fileOf(row.integer(7)),
                       .lock = row.integer(4),
                       .boot = std::string(row.text(5)),
                       .visible = std::string(row.text(6))};
  return {.number = row.integer(0),
          .origin = std::move(origin),
          .state = row.integer(1),
          .master = row.integer(2),
          .isSuperseded = row.integer(8) != 0};
}

Result<std::set<std::string>> SqliteRecovery::unendedInstances() {
  const auto sessions = unendedSessions();
  if (!sessions) return sessions.error();
  std::set<std::string> instances;
  for (const auto& session : *sessions) instances.insert(session.origin.instance);
  return instances;
}

// Whether the session is claimed now, by this call or before. The column `state` alone proves nothing, because any
// program can write it. `evidence` holds the instance's lock until the session is claimed.
Result<bool> SqliteRecovery::claimIfDead(const UnendedSession& session) {
  if (session.isSuperseded && session.state != kOpen) return true;
  if (queue_->ownInstances.contains(session.origin.instance)) {
    if (auto opened = reopen(session); !opened) return opened.error();
    return false;
  }
  const auto evidence = evidenceOf(session.origin, connection_.file().path);
  if (!mayClaim(session, evidence)) return false;
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  claim_.with(session.number, session.state).run();
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.recover.after_claim");
  return true;
}

// Reopens a session of this living instance that another program, or another instance by mistake, marked as claimed or
// ended. Tasks that were given back meanwhile are lost one by one.
Result<void> SqliteRecovery::reopen(const UnendedSession& session) {
  if (session.state == kOpen) return {};
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  reopen_.with(session.number).run();
  if (auto written = write.commit(); !written) return written;
  noteOnce(session, "lives, although its session was marked as claimed or ended; the session goes on");
  return {};
}

bool SqliteRecovery::mayClaim(const UnendedSession& session, const Evidence& evidence) {
  switch (evidence.liveness) {
    case Liveness::Lives:
      return false;
    case Liveness::CannotTell:
      noteOnce(session, "is taken for alive, and keeps its tasks: " + evidence.reason);
      return false;
    case Liveness::NotOfThisFile:
      noteOnce(session, "loses the tasks that it holds in this file, its processes are left alone: " + evidence.reason);
      return true;
    case Liveness::Dead:
      if (base::checkInstanceMark(static_cast<pid_t>(session.master), session.origin.instance) ==
          base::Membership::Yes) {
        noteOnce(session, "is taken for alive, and keeps its tasks: " + evidence.reason + ", but its master lives");
        return false;
      }
      if (evidence.mayEndProcesses) return killRemainingProcesses(session, evidence);
      noteOnce(session, "is dead (" + evidence.reason + ") and loses its tasks; no process was ended");
      return true;
  }
  return false;
}

// Kills the remaining processes of a dead instance, so that they do not work on a task while it runs a second time.
bool SqliteRecovery::killRemainingProcesses(const UnendedSession& session, const Evidence& evidence) {
  const auto left = base::killProcessesOf(session.origin.instance);
  if (!left && left.error().code() == ErrorCode::Lost) {
    noteOnce(session,
             "is taken for alive, and keeps its tasks: " + evidence.reason + ", but " + left.error().message());
    return false;
  }
  if (!left) {
    noteOnce(session, "is dead (" + evidence.reason +
                          "), but its remaining processes cannot be killed: " + left.error().message());
    return false;
  }
  if (!left->ended.empty()) {
    noteOnce(session, "is dead (" + evidence.reason +
                          "): killed its remaining processes: " + base::processListText(left->ended));
  }
  if (!left->allGone) noteOnce(session, "is dead, but one of its processes does not end; its tasks wait for that");
  return left->allGone;
}

// Adds a notice unless it is the last one about this session: recovery examines each session every few seconds.
void SqliteRecovery::noteOnce(const UnendedSession& session, const std::string& what) {
  auto& last = lastNotice_[session.number];
  if (std::exchange(last, what) == what) return;
  const auto name = base::isInstanceName(session.origin.instance) ? session.origin.instance : "with an impossible name";
  notices_.push_back("instance " + name + " (master " + std::to_string(session.master) + ") " + what);
}

Result<std::vector<std::int64_t>> SqliteRecovery::holdersWithoutSession(std::size_t limit) {
  SqliteTransaction read(connection_, Kind::Read);
  std::vector<std::int64_t> holders;
  holders_.with(limit);
  while (holders_.step()) holders.push_back(holders_.integer(0));
  if (auto finished = read.commit(); !finished) return finished.error();
  return holders;
}

// Recovers tasks whose holder is no session. leptir writes the row of a session before the session leases and keeps it
// while the session holds tasks, so another program wrote the holder or deleted the row.
Result<std::size_t> SqliteRecovery::recoverWithoutSession(std::size_t limit) {
  if (limit == 0) return 0;
  const auto holders = holdersWithoutSession(limit);
  if (!holders) return holders.error();
  std::size_t done = 0;
  for (const auto holder : *holders) {
    if (done == limit) break;
    const auto given = giveBack(holder, limit - done);
    if (!given) return given.error();
    done += *given;
  }
  if (done > 0) {
    notices_.push_back("gave back " + std::to_string(done) +
                       " tasks whose holder is no session (another program wrote" +
                       " the holder or deleted the session)");
  }
  return done;
}

Result<std::size_t> SqliteRecovery::giveBack(std::int64_t holder, std::size_t limit) {
  SqliteTransaction write(connection_, Kind::Write, Durability::Normal);
  std::vector<std::pair<std::int64_t, std::uint32_t>> rows;
  held_.with(holder, limit);
  while (held_.step()) rows.emplace_back(held_.integer(0), expiriesAfter(held_.integer(1)));
  for (const auto& [row, expiries] : rows) giveBack(row, expiries);
  if (rows.size() < limit) end_.with(connection_.now(), holder).run();
  LEPTIR_FAILPOINT("sqlite.recover.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  return rows.size();
}

void SqliteRecovery::giveBack(std::int64_t row, std::uint32_t expiries) {
  const auto now = connection_.now();
  const auto delay = delayAfterExpiry(expiries);
  if (!delay) {
    const auto reason = "its holder was gone " + std::to_string(expiries) + " times";
    bury_.with(base::makeTaskId(connection_.clock()), reason, now, expiries, row).run();
  } else {
    requeue_.with(now, delay->count(), expiries, row).run();  // without a delay it stays before later tasks
  }
}

}  // namespace leptir::sqlite
