// SimpleBroker for the queue in one SQLite file: the default backend.
#pragma once

#include <memory>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/row_batches.h"
#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_examination.h"
#include "backends/sqlite/sqlite_fleet.h"
#include "backends/sqlite/sqlite_keeper.h"
#include "backends/sqlite/sqlite_recovery.h"
#include "leptir/spi/backend.h"

namespace leptir::sqlite {

class SqliteBroker final : public SimpleBroker {
 public:
  // The tables must exist: call prepareSchema() on the connection before.
  SqliteBroker(std::shared_ptr<SqliteConnection> connection, BrokerUse use);
  ~SqliteBroker() override;

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<std::size_t> recoverExpired(std::size_t limit) override { return recovery_.recover(limit); }
  Result<void> checkRights() override { return checkWriteAccess(connection_); }
  Result<StoreExamination> examine() override { return examineDatabase(connection_); }
  std::vector<std::string> takeNotices() override { return recovery_.takeNotices(); }
  bool isUsable() const override { return !connection_.isBroken(); }
  TaskKeeper& keeper() override { return keeper_; }
  FleetStore* fleet() override { return &fleet_; }
  BrokerTraits traits() const override;
  // The traits that are the same for every database file.
  static BrokerTraits traitsOfEveryFile();

 private:
  Result<ino_t> inodeOfHeldLock(std::string_view instance) const;
  Result<std::int64_t> addSession(const SessionId& session, const SessionInfo& info, ino_t lock);
  Result<std::unique_ptr<BrokerSession>> makeSession(std::int64_t number, std::string_view instance);

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  BrokerUse use_;
  SqliteKeeper keeper_;
  SqliteFleet fleet_;
  SqliteRecovery recovery_;
  RowBatches insertTasks_;
  SqliteStatement count_;
  SqliteStatement lastEpoch_;
  SqliteStatement claimEarlier_;
  SqliteStatement deleteEnded_;
  SqliteStatement insertRandomFileNumber_;
  SqliteStatement insertSession_;
  SqliteStatement findOpenSession_;
};

}  // namespace leptir::sqlite
