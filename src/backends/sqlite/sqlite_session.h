// One session of a SQLite broker: leases tasks, and acknowledges, releases or buries them. It lasts as long as its
// instance holds its lock (session_lock.h) and never expires by time.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "backends/sqlite/due_tasks.h"
#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_statement.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {

class SqliteSession final : public BrokerSession {
 public:
  // `lockFile`: the lock file of the session's instance.
  SqliteSession(std::shared_ptr<SqliteBrokerState> state, std::int64_t number, Doorbell bell,
                std::filesystem::path lockFile);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override;
  Result<void> leaseAgain(std::span<const LeaseId> released) override;
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

 private:
  Result<void> checkOpen();
  Result<Duration> untilNextDue();
  Result<void> saveLockInode();
  Result<std::vector<LeasedTask>> lease(std::size_t limit);
  std::int64_t nextLeaseNumber();
  bool deleteRanges(std::span<const LeaseId> leases);
  std::vector<LeaseId> deleteOneByOne(std::span<const LeaseId> leases);

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  std::int64_t number_;
  Doorbell bell_;
  std::filesystem::path lockFile_;
  std::uint64_t savedLockInode_ = 0;  // inode of the lock file, as last written into the session's row
  bool moreWereDue_ = false;          // the last lease was full: the next pop leases without a query before
  DueTasks dueTasks_;
  SqliteStatement isUsable_;
  SqliteStatement takeLeaseNumber_;
  SqliteStatement lease_;
  SqliteStatement cancelRequest_;
  SqliteStatement acknowledge_;
  SqliteStatement release_;
  SqliteStatement bury_;
  SqliteStatement held_;
  SqliteStatement returnTasks_;
  SqliteStatement end_;
  SqliteStatement setLockInode_;
};

}  // namespace leptir::sqlite
