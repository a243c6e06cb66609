// One queue of Amazon SQS (leptir/spi/simple_broker.h has the contract; README.md).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/sqs/queue_attributes.h"
#include "backends/sqs/session_state.h"
#include "backends/sqs/sqs_client.h"
#include "backends/sqs/sqs_keeper.h"
#include "leptir/spi/backend.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqs {

// Finds or makes the state of a session, which outlives the broker (SqsBackend).
using SessionStates =
    std::function<std::shared_ptr<SessionState>(const SqsSettings&, const QueueAttributes&, const SessionId&)>;

class SqsBroker final : public SimpleBroker {
 public:
  // Requests the attributes of the queues. Errors as Backend::openBroker. Keys that may only push need no right to ask.
  // `clock` must outlive it.
  static Result<std::unique_ptr<SqsBroker>> open(const SqsSettings& settings, const Clock& clock, SessionStates states,
                                                 BrokerUse use);

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<std::size_t> recoverExpired(std::size_t) override { return 0; }
  Result<void> checkRights() override;
  Result<StoreExamination> examine() override;
  std::optional<StoreRequests> requestsSent() const override;
  TaskKeeper& keeper() override { return keeper_; }
  BrokerTraits traits() const override;

  // What holds for every queue.
  static BrokerTraits traitsOfEveryQueue();

 private:
  // Of a session that this object has opened or resumed.
  struct UsedState {
    std::shared_ptr<SessionState> state;
    aws::RequestCounts before{};  // sent through earlier objects
  };
  SqsBroker(const SqsSettings& settings, const Clock& clock, SessionStates states)
      : states_(std::move(states)), client_(settings, clock) {}
  std::unique_ptr<BrokerSession> sessionOf(std::shared_ptr<SessionState> state);
  Result<void> askQueues(BrokerUse use);
  Result<void> askQueue(const aws::QueueAddress& address, BrokerUse use, QueueAttributes& queue);

  const SessionStates states_;
  SqsClient client_;
  QueueAttributes queue_;
  std::vector<StoreFinding> findings_;  // when it was opened
  std::vector<UsedState> used_;
  SqsKeeper keeper_;
};

}  // namespace leptir::sqs
