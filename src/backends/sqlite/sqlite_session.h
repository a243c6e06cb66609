// One session: leases tasks and settles them. Its life is that of the lock that its instance holds (session_lock.h);
// nothing here expires by time.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "backends/sqlite/sqlite_queue.h"
#include "broker/left_to_others.h"

namespace leptir {

class SqliteSession final : public BrokerSession {
 public:
  // `lockFile`: of its instance.
  SqliteSession(std::shared_ptr<SqliteQueue> queue, std::int64_t number, Doorbell bell, std::filesystem::path lockFile);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<std::vector<LeaseId>> release(std::span<const Released> tasks) override;
  Result<std::vector<LeaseId>> bury(std::span<const Buried> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

 private:
  Result<void> checkOpen();
  Result<Duration> untilNextDue();
  Result<void> noteLockFile();
  Result<std::vector<LeasedTask>> lease(std::size_t limit);
  std::vector<LeasedTask> selectDue(std::size_t limit);
  Duration untilOneIsNotLeft();
  std::string idOf(std::int64_t row);
  std::optional<Time> leaveToOthers(std::int64_t row, const Released& released);
  void mark(std::int64_t lease);
  bool deleteRuns(std::span<const LeaseId> leases);
  std::vector<LeaseId> deleteOneByOne(std::span<const LeaseId> leases);

  std::shared_ptr<SqliteQueue> queue_;
  SqliteConnection& connection_;
  std::int64_t number_;
  Doorbell bell_;
  std::filesystem::path lockFile_;
  std::uint64_t notedLock_ = 0;     // inode of the file
  std::vector<std::int64_t> rows_;  // what selectDue found

  bool moreWereDue_ = false;        // the last lease took all that it could: then it pays to try without a look
  LeftToOthers<std::string> left_;  // by id
  SqliteStatement open_;
  SqliteStatement earliest_;
  SqliteStatement atOnce_;
  SqliteStatement due_;
  SqliteStatement nextLease_;
  SqliteStatement mark_;
  SqliteStatement wish_;
  SqliteStatement delete_;
  SqliteStatement release_;
  SqliteStatement waiting_;
  SqliteStatement id_;
  SqliteStatement bury_;
  SqliteStatement held_;
  SqliteStatement giveBack_;
  SqliteStatement end_;
  SqliteStatement noteLock_;
};

}  // namespace leptir
