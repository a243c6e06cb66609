// A session on a MongoDB deployment: leases tasks and settles them (leptir/spi/broker_session.h has the contract).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_lease.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/mongodb_settle.h"
#include "backends/mongodb/mongodb_waiting.h"
#include "backends/mongodb/session_documents.h"
#include "leptir/spi/broker_session.h"

namespace leptir::mongodb {

class MongodbSession final : public BrokerSession {
 public:
  // Resumed: an earlier process may have left tasks to others.
  enum class Begin { New, Resumed };
  MongodbSession(std::shared_ptr<MongodbQueue> queue, SessionId session, Begin begin);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override;
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override;
  Result<void> leaseAgain(std::span<const LeaseId> released) override;
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

  // The server's time. Lost: the session was claimed, closed or never opened.
  Result<Time> checkOpen();

 private:
  Result<std::vector<LeasedTask>> lease(std::size_t limit, Time now);
  Result<Renewal> compareWithStore(std::span<const LeaseId> held);
  Error lost() const;

  std::shared_ptr<MongodbQueue> queue_;
  const SessionId id_;
  const std::string name_;
  SessionDocuments documents_;
  MongodbAdoption adoption_;
  MongodbLease lease_;
  MongodbSettle settle_;
  MongodbWaiting waiting_;
};

}  // namespace leptir::mongodb
