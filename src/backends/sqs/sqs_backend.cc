#include "backends/sqs/sqs_backend.h"

#include <unistd.h>

#include "backends/sqs/sqs_broker.h"
#include "backends/sqs/sqs_settings.h"

namespace leptir::sqs {

std::span<const ConfigKey> SqsBackend::brokerConnectionKeys() const {
  return sqsKeys();
}

Result<std::unique_ptr<SimpleBroker>> SqsBackend::openBroker(const Json& connection, BrokerUse use) {
  const auto settings = readSettings(connection);
  if (!settings) return settings.error();
  auto broker = SqsBroker::open(
      *settings, clock_,
      [this](const SqsSettings& of, const QueueAttributes& queue, const SessionId& session) {
        return stateOf(of, queue, session);
      },
      use);
  if (!broker) return broker.error();
  return std::unique_ptr<SimpleBroker>(std::move(*broker));
}

std::shared_ptr<SessionState> SqsBackend::stateOf(const SqsSettings& settings, const QueueAttributes& queue,
                                                  const SessionId& session) {
  const std::lock_guard lock(mutex_);
  auto& state = states_[settings.queue.url + " " + session.instance];
  const bool goesOn = state != nullptr && state->session == session && !state->isClosed && state->pid == ::getpid();
  if (!goesOn) state = std::make_shared<SessionState>(settings, queue, session, clock_);
  state->queue = queue;
  return state;
}

Result<std::unique_ptr<SimpleMetaStorage>> SqsBackend::openMetaStorage(const Json&, std::optional<Duration>, MetaUse) {
  return Error(ErrorCode::Unsupported, std::string(whyNoRecords()));
}

BrokerTraits SqsBackend::traitsOfNewBroker() const {
  return SqsBroker::traitsOfEveryQueue();
}

std::string_view SqsBackend::whyNoRecords() const {
  return "Amazon SQS keeps no records: use sqlite, redis or mongodb for them";
}

std::unique_ptr<Backend> makeBackend() {
  return std::make_unique<SqsBackend>();
}

}  // namespace leptir::sqs
