// TestFeeder: leases the tasks of one queue and settles them. It stands in the place of the dispatcher's feeder, and
// has that feeder's order: first the record is saved, then the lease is settled.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "leptir/spi/simple_broker.h"
#include "settlement/lease_operations.h"
#include "settlement/unknown_names.h"
#include "testing/test_stores.h"

namespace leptir::testing {

class TestFeeder {
 public:
  // Opens a session. Both must outlive the object.
  TestFeeder(TestQueue& queue, MetaStorage& records);

  const std::string& brokerName() const { return queue_.name; }
  // Leases the task that is due first; empty: none is due. A task whose lease got lost with the store's answer is given
  // back first.
  Result<std::optional<LeasedTask>> lease();
  // Who asked to cancel the leased task; empty: no user. No fault affects it. Any thread.
  std::string cancelledBy(const LeaseId& lease) const;

  // Adds what is to be done about a task to the pending settlements; settlePending does it.
  void addSettlement(const settlement::HeldTask& task, std::string envelope, settlement::Settlement settlement,
                     Time now);
  // Saves the records and settles the leases of all of them. After an error the rest is left to the next call.
  Result<void> settlePending();
  bool hasPending() const { return !pending_.empty(); }

  // When the next task can be leased; none: no task waits.
  std::optional<Time> nextDue(Time now) const;
  settlement::UnknownNames& unknownNames() { return unknownNames_; }

 private:
  struct PendingSettlement {
    std::string envelope;  // the operations point into it
    settlement::LeaseOperations operations;
  };
  Result<void> save(const PendingSettlement& unsettled);
  Result<void> settleLease(const PendingSettlement& unsettled);
  Result<void> giveBackUnknownLeases();

  TestQueue& queue_;
  MetaStorage& records_;
  const std::unique_ptr<SimpleBroker> broker_;
  std::unique_ptr<BrokerSession> session_;
  memory::MemoryQueue::SessionNumber sessionNumber_ = 0;
  std::deque<PendingSettlement> pending_;  // a deque, so that the envelopes stay where they are
  settlement::UnknownNames unknownNames_;
  bool mayHoldUnknownLeases_ = false;  // the answer of a lease was an error, and perhaps only the answer was lost
};

}  // namespace leptir::testing
