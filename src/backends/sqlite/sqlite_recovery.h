// Finds sessions whose instance is dead and gives back what they held, and what no session holds. Any instance may do
// it, and go on where another stopped: each step is one transaction that looks at the rows as they are then.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/sqlite/session_evidence.h"
#include "backends/sqlite/sqlite_queue.h"

namespace leptir {

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
  struct Listed {
    std::int64_t number;
    SessionOrigin origin;
    std::int64_t state;
    std::int64_t master;  // its process number, for messages
    bool isSuperseded;    // its instance has opened a later session
  };
  Result<std::vector<Listed>> unended();
  Listed listedAt(const SqliteStatement& row) const;
  Result<bool> claimIfOver(const Listed& session);
  Result<void> reopen(const Listed& session);
  bool mayClaim(const Listed& session, const Evidence& evidence);
  bool endWhatIsLeft(const Listed& session, const Evidence& evidence);
  void noteOnce(const Listed& session, const std::string& what);
  Result<std::vector<std::int64_t>> holdersWithoutSession(std::size_t limit);
  Result<std::size_t> recoverWithoutSession(std::size_t limit);
  Result<std::size_t> giveBack(std::int64_t holder, std::size_t limit);
  void giveBack(std::int64_t row, std::uint32_t expiries);

  std::shared_ptr<SqliteQueue> queue_;
  SqliteConnection& connection_;
  SqliteStatement unended_;
  SqliteStatement claim_;
  SqliteStatement reopen_;
  SqliteStatement holders_;
  SqliteStatement held_;
  SqliteStatement requeue_;
  SqliteStatement bury_;
  SqliteStatement end_;
  std::vector<std::string> notices_;
  std::map<std::int64_t, std::string> lastNotice_;  // of each session
};

}  // namespace leptir
