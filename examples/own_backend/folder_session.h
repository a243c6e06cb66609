// The session of an instance (broker_session.h): what FolderLeases does, and the wait for tasks.
#pragma once

#include <memory>

#include "folder_leases.h"
#include "folder_store.h"
#include "folder_watch.h"
#include "leptir/spi/broker_session.h"

namespace folder {

class FolderSession final : public leptir::BrokerSession {
 public:
  FolderSession(std::shared_ptr<FolderStore> store, SessionId id);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, leptir::Wake& wake) override;
  Result<leptir::Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<std::vector<LeaseId>> release(std::span<const leptir::TaskRelease> tasks) override;
  Result<void> leaseAgain(std::span<const LeaseId> released) override;
  Result<std::vector<LeaseId>> bury(std::span<const leptir::TaskBurial> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

 private:
  FolderLeases leases() { return FolderLeases(*store_, id_, leftToOthers_); }

  const std::shared_ptr<FolderStore> store_;
  const SessionId id_;
  TasksLeftToOthers leftToOthers_;
  const FolderWatch watch_;
};

}  // namespace folder
