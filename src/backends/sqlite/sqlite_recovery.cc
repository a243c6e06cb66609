#include "backends/sqlite/sqlite_recovery.h"

#include "backends/sqlite/file_lookup.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "base/failpoint.h"

namespace leptir::sqlite {

SqliteRecovery::SqliteRecovery(std::shared_ptr<SqliteBrokerState> state)
    : state_(std::move(state)),
      connection_(*state_->connection),
      abandoned_(connection_),
      selectUnended_(connection_, sql::kUnendedSessions),
      claim_(connection_, sql::kClaimSession),
      reopen_(connection_, sql::kReopenSession) {}

Result<std::size_t> SqliteRecovery::recover(std::size_t limit) {
  const auto sessions = unendedSessions();
  if (!sessions) return sessions.error();
  std::size_t done = 0;
  for (const auto& session : *sessions) {
    const auto claimed = claimIfDead(session);
    if (!claimed) return claimed.error();
    if (!*claimed || done == limit) continue;
    const auto returned = abandoned_.returnTasksOf(session.number, limit - done);
    if (!returned) return returned.error();
    done += *returned;
  }
  const auto returned = recoverWithoutSession(limit - done);
  if (!returned) return returned.error();
  done += *returned;
  if (done > 0) state_->bells.ring();
  return done;
}

Result<std::vector<SessionRow>> SqliteRecovery::unendedSessions() {
  const auto file = identityText(connection_.fileIdentity());
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::vector<SessionRow> sessions;
  selectUnended_.with(file);
  while (selectUnended_.step()) sessions.push_back(readSession(selectUnended_));
  if (auto finished = read.commit(); !finished) return finished.error();
  return sessions;
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
Result<bool> SqliteRecovery::claimIfDead(const SessionRow& session) {
  if (session.isSuperseded && session.state != kSessionOpen) return true;
  if (state_->ownInstances.contains(session.origin.instance)) {
    if (auto opened = reopen(session); !opened) return opened.error();
    return false;
  }
  const auto evidence = evidenceOf(session.origin, connection_.file().path);
  if (!judge_.mayClaim(session, evidence)) return false;
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  claim_.with(session.number, session.state).run();
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.recover.after_claim");
  return true;
}

// Reopens a session that another program, or another instance by mistake, marked as claimed or ended although its
// instance lives. Of its tasks, only those that were given back meanwhile are lost: the session reports the lease of
// each as lost.
Result<void> SqliteRecovery::reopen(const SessionRow& session) {
  if (session.state == kSessionOpen) return {};
  SqliteTransaction write(connection_, TransactionKind::Write, Durability::Normal);
  reopen_.with(session.number).run();
  if (auto written = write.commit(); !written) return written;
  judge_.noteOnce(session, "lives, although its session was marked as claimed or ended; the session goes on");
  return {};
}

Result<std::size_t> SqliteRecovery::recoverWithoutSession(std::size_t limit) {
  const auto returned = abandoned_.returnTasksWithoutSession(limit);
  if (returned && *returned > 0) {
    judge_.note("gave back " + std::to_string(*returned) +
                " tasks whose holder is no session (another program wrote the holder or deleted the session)");
  }
  return returned;
}

}  // namespace leptir::sqlite
