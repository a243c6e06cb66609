// Finds sessions whose instance is dead and returns their tasks to the queue, also tasks whose holder is no session.
// Any instance may do this and continue where another one stopped: each step is one transaction, which reads the rows
// again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/sqlite/session_evidence.h"
#include "backends/sqlite/sqlite_queue.h"

namespace leptir::sqlite {

class SqliteRecovery {
 public:
  explicit SqliteRecovery(std::shared_ptr<SqliteQueue> queue);

  // See SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);
  // See SimpleBroker::takeNotices.
  std::vector<std::string> takeNotices() { return std::exchange(notices_, {}); }

  // The instances whose sessions have not ended.
  Result<std::set<std::string>> unendedInstances();

 private:
  struct UnendedSession {
    std::int64_t number;
    SessionOrigin origin;
    std::int64_t state;
    std::int64_t master;  // process number of its master
    bool isSuperseded;    // the instance has opened a later session
  };
  Result<std::vector<UnendedSession>> unendedSessions();
  UnendedSession readSession(const SqliteStatement& row) const;
  Result<bool> claimIfDead(const UnendedSession& session);
  Result<void> reopen(const UnendedSession& session);
  bool mayClaim(const UnendedSession& session, const Evidence& evidence);
  bool killRemainingProcesses(const UnendedSession& session, const Evidence& evidence);
  void noteOnce(const UnendedSession& session, const std::string& what);
  Result<std::vector<std::int64_t>> holdersWithoutSession(std::size_t limit);
  Result<std::size_t> recoverWithoutSession(std::size_t limit);
  Result<std::size_t> giveBack(std::int64_t holder, std::size_t limit);
  void giveBack(std::int64_t row, std::uint32_t expiries);

  std::shared_ptr<SqliteQueue> queue_;
  SqliteConnection& connection_;
  SqliteStatement selectUnended_;
  SqliteStatement claim_;
  SqliteStatement reopen_;
  SqliteStatement holders_;
  SqliteStatement held_;
  SqliteStatement requeue_;
  SqliteStatement bury_;
  SqliteStatement end_;
  std::vector<std::string> notices_;
  std::map<std::int64_t, std::string> lastNotice_;  // the last notice about each session, by its number
};

}  // namespace leptir::sqlite
