// The session of an instance at a queue of Amazon SQS (leptir/spi/broker_session.h has the contract; README.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/sqs/give_back.h"
#include "backends/sqs/session_state.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

class SqsSession final : public BrokerSession {
 public:
  explicit SqsSession(std::shared_ptr<SessionState> state) : state_(std::move(state)) {}

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  // The deletions and the receives are in flight together.
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override;
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override;
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> giveBackUnused() override;
  void waitWithoutLeasing(Duration longest, Wake& wake) override;
  void reduceRequests(Duration emptyQueueSleepTime) override { state_->receiver.reduceRequests(emptyQueueSleepTime); }
  // Waits for the long poll that is in flight, some seconds at most, since it may bring tasks.
  Result<void> close() override;

 private:
  Result<std::vector<LeasedTask>> lease(std::vector<ArrivedMessage> arrived);
  template <class Task, class MessageFor>
  Result<std::vector<LeaseId>> replace(std::span<const Task> tasks, const std::string& queue, MessageFor messageFor);
  void sendOn(std::vector<Replacement> notDue);
  Result<void> giveBack(std::vector<ArrivedMessage> arrived);

  std::shared_ptr<SessionState> state_;
};

}  // namespace leptir::sqs
