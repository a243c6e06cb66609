// Finds sessions whose instance is dead and returns their tasks to the queue, also tasks whose holder is no session.
// Any instance may do this and continue where another one stopped: each step is one transaction, which reads the rows
// again.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/sqlite/abandoned_tasks.h"
#include "backends/sqlite/session_judge.h"
#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_statement.h"

namespace leptir::sqlite {

class SqliteRecovery {
 public:
  explicit SqliteRecovery(std::shared_ptr<SqliteBrokerState> state);

  // See SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);
  // See SimpleBroker::takeNotices.
  std::vector<std::string> takeNotices() { return judge_.takeNotices(); }

  // The instances whose sessions have not ended.
  Result<std::set<std::string>> unendedInstances();

 private:
  Result<std::vector<SessionRow>> unendedSessions();
  Result<bool> claimIfDead(const SessionRow& session);
  Result<void> reopen(const SessionRow& session);
  Result<std::size_t> recoverWithoutSession(std::size_t limit);

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  SessionJudge judge_;
  AbandonedTasks abandoned_;
  SqliteStatement selectUnended_;
  SqliteStatement claim_;
  SqliteStatement reopen_;
};

}  // namespace leptir::sqlite
