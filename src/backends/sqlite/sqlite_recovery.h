// Finds sessions whose instance is dead and gives back what they held. Anyone may do it, and go on where another
// stopped: each step is one transaction that looks at the rows as they are then.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/sqlite/sqlite_queue.h"

namespace leptir {

class SqliteRecovery {
 public:
  explicit SqliteRecovery(std::shared_ptr<SqliteQueue> queue);

  // See SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);

 private:
  struct Listed {
    std::int64_t number;
    std::string instance;
    std::int64_t state;
  };
  Result<std::vector<Listed>> unended();
  Result<bool> claimIfDead(const Listed& session);
  Result<std::size_t> giveBack(const Listed& session, std::size_t limit);
  void giveBack(std::int64_t row, std::uint32_t expiries);

  std::shared_ptr<SqliteQueue> queue_;
  SqliteConnection& connection_;
  SqliteStatement unended_;
  SqliteStatement claim_;
  SqliteStatement held_;
  SqliteStatement requeue_;
  SqliteStatement bury_;
  SqliteStatement end_;
};

}  // namespace leptir
