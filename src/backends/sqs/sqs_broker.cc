#include "backends/sqs/sqs_broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backends/sqs/sqs_push.h"
#include "backends/sqs/sqs_rights.h"
#include "backends/sqs/sqs_session.h"

namespace leptir::sqs {

Result<std::unique_ptr<SqsBroker>> SqsBroker::open(const SqsSettings& settings, const Clock& clock,
                                                   SessionStates states, BrokerUse use) {
  auto broker = std::unique_ptr<SqsBroker>(new SqsBroker(settings, clock, std::move(states)));
  if (auto asked = broker->askQueues(use); !asked) return asked.error();
  return broker;
}

Result<void> SqsBroker::askQueues(BrokerUse use) {
  const auto& settings = client_.settings();
  if (auto asked = askQueue(settings.queue, use, queue_); !asked) return asked;
  for (auto& finding : findingsAbout(queue_, settings.where())) findings_.push_back(std::move(finding));
  if (!settings.buried || use == BrokerUse::Push) return {};
  QueueAttributes buried{.maximumMessageSize = queue_.maximumMessageSize};
  if (auto asked = askQueue(*settings.buried, use, buried); !asked) return asked;
  if (buried.maximumMessageSize >= queue_.maximumMessageSize) return {};
  return Error(
      ErrorCode::Invalid,
      fmt::format("buried_queue {} takes messages of {} bytes at most, and {} takes {}: raise its "
                  "MaximumMessageSize to that",
                  settings.buried->name, buried.maximumMessageSize, settings.where(), queue_.maximumMessageSize));
}

Result<void> SqsBroker::askQueue(const aws::QueueAddress& address, BrokerUse use, QueueAttributes& queue) {
  auto attributes = fetchQueueAttributes(client_, address);
  if (attributes) {
    queue = *attributes;
    return {};
  }
  const auto& [error, isAccessDenied] = attributes.error();
  if (!isAccessDenied) return error;
  if (use != BrokerUse::Push)
    findings_.push_back({FindingSeverity::Warning, "rights", error.message(),
                         "without GetQueueAttributes its limits and counts are not known"});
  return {};
}

Result<void> SqsBroker::pushEncodedTasks(std::span<const EncodedTask> tasks) {
  return pushTasks(client_, queue_, tasks);
}

Result<TaskCounts> SqsBroker::tasksCount() {
  const auto& settings = client_.settings();
  auto counts = fetchTaskCounts(client_, settings.queue);
  if (!counts || !settings.buried) return counts;
  const auto buried = fetchTaskCounts(client_, *settings.buried);
  if (!buried) return buried.error();
  counts->buried = buried->due + buried->scheduled + buried->leased;
  return counts;
}

Result<std::unique_ptr<BrokerSession>> SqsBroker::openSession(const SessionId& session, const SessionInfo&,
                                                              Duration lease) {
  auto state = states_(client_.settings(), queue_, session);
  state->leases.setDuration(lease);
  return sessionOf(std::move(state));
}

Result<std::unique_ptr<BrokerSession>> SqsBroker::resumeSession(const SessionId& session) {
  return sessionOf(states_(client_.settings(), queue_, session));
}

std::unique_ptr<BrokerSession> SqsBroker::sessionOf(std::shared_ptr<SessionState> state) {
  used_.push_back({state, state->client.counts()});
  return std::make_unique<SqsSession>(std::move(state));
}

Result<void> SqsBroker::checkRights() {
  return tryQueueRights(client_);
}

// Asks the queue again: its owner may have changed it since this broker was opened.
Result<StoreExamination> SqsBroker::examine() {
  StoreExamination examination{.looked = 2};
  const auto& settings = client_.settings();
  const auto now = fetchQueueAttributes(client_, settings.queue);
  if (!now && !now.error().isAccessDenied) return now.error().error;
  examination.findings = now ? findingsAbout(*now, settings.where()) : findings_;
  if (!settings.buried) return examination;
  if (const auto buried = fetchQueueAttributes(client_, *settings.buried)) {
    ++examination.looked;
    for (auto& finding : findingsAbout({.retention = buried->retention}, "buried_queue " + settings.buried->name))
      examination.findings.push_back(std::move(finding));
  }
  return examination;
}

std::optional<StoreRequests> SqsBroker::requestsSent() const {
  const auto own = client_.counts();
  StoreRequests sum{.sent = own.sent, .repeated = own.repeated, .throttled = own.throttled};
  for (const auto& [state, before] : used_) {
    const auto now = state->client.counts();
    sum.sent += now.sent - before.sent;
    sum.repeated += now.repeated - before.repeated;
    sum.throttled += now.throttled - before.throttled;
  }
  return sum;
}

BrokerTraits SqsBroker::traitsOfEveryQueue() {
  BrokerTraits traits;
  traits.keepsOrder = false;
  traits.pushesAtomically = false;
  traits.refusesRepeatedIds = false;
  traits.findsById = false;
  traits.keepsSessions = false;
  traits.leavesToOthers = false;
  traits.leasesAgain = false;
  traits.longestLease = kMaxLease;
  traits.duePrecision = std::chrono::seconds(1);
  traits.counts = BrokerTraits::Counts::Approximate;
  traits.cancel = BrokerTraits::CancelLatency::Never;
  return traits;
}

BrokerTraits SqsBroker::traits() const {
  auto traits = traitsOfEveryQueue();
  traits.keepsBuried = client_.settings().buried.has_value();
  traits.largestEnvelope = largestEnvelope(queue_);
  traits.durability = "Amazon SQS: a push is stored in several availability zones; a task may be delivered twice";
  for (const auto& finding : findings_) traits.warnings.push_back(warningOf(finding));
  return traits;
}

}  // namespace leptir::sqs
