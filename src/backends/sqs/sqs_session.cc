#include "backends/sqs/sqs_session.h"

#include <algorithm>
#include <utility>

#include "backends/sqs/message_note.h"
#include "backends/sqs/task_message.h"
#include "base/failpoint.h"
#include "task/envelope_counters.h"

namespace leptir::sqs {
namespace {

// How long close() waits for receives in flight. What they bring later returns to the queue when its lease ends.
constexpr Duration kCloseWait = std::chrono::seconds(8);
// What receives have brought is given back, for other instances, after so long without a pop, and so long after its
// arrival: the workers are busy.
constexpr Duration kMaxTimeWithoutPop = std::chrono::milliseconds(500);
constexpr Duration kMaxArrivedAge = std::chrono::seconds(1);
// How much of the reason of a burial is sent along.
constexpr std::size_t kMaxReasonBytes = 1024;

Error closedError() {
  return Error(ErrorCode::Lost, "the session is closed");
}

std::vector<LeaseId> joined(std::vector<LeaseId> notOurs, std::vector<LeaseId> over) {
  notOurs.insert(notOurs.end(), std::make_move_iterator(over.begin()), std::make_move_iterator(over.end()));
  return notOurs;
}

// Of the tasks to settle.
template <class Task>
std::vector<LeaseId> leasesOf(std::span<const Task> tasks) {
  std::vector<LeaseId> leases;
  for (const auto& task : tasks) leases.push_back(task.lease);
  return leases;
}

std::optional<Time> dueOf(const TaskRelease& task) {
  if (!task.leftToOthersUntil) return task.due;
  return std::max(task.due.value_or(Time::min()), *task.leftToOthersUntil);
}

OutgoingMessage sameMessage(const HeldLease& lease, Time now, std::chrono::seconds hop, std::optional<Time> due = {}) {
  return messageOf(task::withCounters(lease.body, lease.counters), due, now, hop, lease.knownOthers());
}

OutgoingMessage burialMessage(const HeldLease& lease, const TaskBurial& burial, Time now, std::size_t mostBytes) {
  OutgoingMessage message{.body = escapeInvalid(task::withCounters(burial.envelope, burial.counters)),
                          .attributes = lease.knownOthers()};
  if (message.attributes.size() == kMaxAttributes) message.attributes.pop_back();
  const auto room = mostBytes - std::min(mostBytes, message.bytes() + kBytesBesideEnvelope);
  message.attributes.push_back(makeBurialAttribute(burial.reason, now, std::min(kMaxReasonBytes, room / 6)));
  if (message.bytes() > mostBytes) message.attributes.clear();
  if (message.bytes() > mostBytes) message.body = escapeInvalid(burial.envelope);
  return message;
}

}  // namespace

Result<std::vector<LeasedTask>> SqsSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  if (state_->isClosed) return closedError();
  auto arrived = state_->receiver.receive(limit, longest, wake, state_->leases.visibility());
  if (!arrived) return arrived.error();
  auto tasks = lease(std::move(*arrived));
  // If this fails, the session keeps the leases of these messages, and heldTasks() returns them.
  [[maybe_unused]] const auto back = giveBack(state_->receiver.takeOld(kMaxArrivedAge));
  return tasks;
}

// Messages that are not due yet go back at once. If that fails they stay leased, and return when their leases end.
Result<std::vector<LeasedTask>> SqsSession::lease(std::vector<ArrivedMessage> arrived) {
  const auto now = state_->client.now();
  const auto hop = state_->queue.longestHop();
  std::vector<LeasedTask> tasks;
  std::vector<Replacement> sentOn;
  if (!arrived.empty()) LEPTIR_FAILPOINT("sqs.lease.after_reply");
  for (auto& [message, sent, readAt] : arrived) {
    const auto decision = decide(message, now);
    auto* held = state_->leases.take(std::move(message), decision.counters, sent);
    if (held == nullptr) continue;
    if (decision.action == MessageDecision::Action::SendOn) {
      sentOn.push_back({held, sameMessage(*held, now, hop, decision.due)});
    } else {
      tasks.push_back({.envelope = held->body, .counters = held->counters, .lease = held->id});
    }
  }
  sendOn(std::move(sentOn));
  return tasks;
}

void SqsSession::sendOn(std::vector<Replacement> notDue) {
  std::vector<LeaseId> leases;
  for (const auto& each : notDue) leases.push_back(each.lease->id);
  const auto sent = replaceMessages(*state_, state_->client.queue(), std::move(notDue));
  if (sent) return;
  for (auto* lease : state_->leases.all()) {
    if (!lease->isSentAnew && std::ranges::count(leases, lease->id) > 0) state_->leases.drop(*lease);
  }
}

Result<Renewal> SqsSession::renew(std::span<const LeaseId> held, Duration lease) {
  if (state_->isClosed) return closedError();
  state_->leases.setDuration(lease);
  auto lost = state_->leases.renew(held);
  if (!lost) return lost.error();
  if (state_->clock.bootTime() - state_->receiver.lastReceiveCall() > kMaxTimeWithoutPop) {
    if (auto back = giveBack(state_->receiver.takeArrived()); !back) return back.error();
  }
  return Renewal{.lost = std::move(*lost)};
}

Result<void> SqsSession::giveBack(std::vector<ArrivedMessage> arrived) {
  if (arrived.empty()) return {};
  const auto tasks = lease(std::move(arrived));
  if (!tasks) return tasks.error();
  std::vector<TaskRelease> back;
  for (const auto& task : *tasks)
    back.push_back({.lease = task.lease, .counters = task.counters, .envelope = task.envelope});
  const auto released = release(back);
  return released ? Result<void>() : released.error();
}

Result<void> SqsSession::giveBackUnused() {
  if (state_->isClosed) return closedError();
  if (state_->clock.bootTime() - state_->receiver.lastReceiveCall() <= kMaxTimeWithoutPop) return {};
  return giveBack(state_->receiver.takeArrived(Duration::zero()));
}

void SqsSession::waitWithoutLeasing(Duration longest, Wake& wake) {
  if (state_->isClosed) return void(wake.waitFor(longest));
  state_->receiver.waitForWake(longest, wake, state_->leases.visibility());
}

Result<AcknowledgedAndPopped> SqsSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                            Wake& wake) {
  if (state_->isClosed) return closedError();
  state_->receiver.startReceivesAhead(limit, state_->leases.visibility());
  auto notOurs = acknowledge(leases);
  if (!notOurs) return notOurs.error();
  auto tasks = popBrokerTasks(limit, Duration::zero(), wake);
  if (!tasks) return tasks.error();
  return AcknowledgedAndPopped{.notOurs = std::move(*notOurs), .tasks = std::move(*tasks)};
}

Result<std::vector<LeaseId>> SqsSession::acknowledge(std::span<const LeaseId> leases) {
  if (state_->isClosed) return closedError();
  auto separated = state_->leases.separateOurs(leases);
  if (!separated) return separated.error();
  std::erase(separated->ours, nullptr);
  auto over = state_->leases.remove(separated->ours);
  if (!over) return over;
  return joined(std::move(separated->notOurs), std::move(*over));
}

// `messageFor(task, lease)` makes what is sent to `queue` in place of a leased message.
template <class Task, class MessageFor>
Result<std::vector<LeaseId>> SqsSession::replace(std::span<const Task> tasks, const std::string& queue,
                                                 MessageFor messageFor) {
  auto separated = state_->leases.separateOurs(leasesOf(tasks));
  if (!separated) return separated.error();
  std::vector<Replacement> replacements;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto* lease = separated->ours[i];
    if (lease != nullptr) replacements.push_back({lease, messageFor(tasks[i], *lease)});
  }
  auto over = replaceMessages(*state_, queue, std::move(replacements));
  if (!over) return over;
  return joined(std::move(separated->notOurs), std::move(*over));
}

Result<std::vector<LeaseId>> SqsSession::release(std::span<const TaskRelease> tasks) {
  if (state_->isClosed) return closedError();
  const auto now = state_->client.now();
  return replace(tasks, state_->client.queue(), [&](const TaskRelease& task, const HeldLease& lease) {
    return messageOf(task::withCounters(task.envelope, task.counters), dueOf(task), now, state_->queue.longestHop(),
                     lease.knownOthers());
  });
}

Result<std::vector<LeaseId>> SqsSession::bury(std::span<const TaskBurial> tasks) {
  const auto& buried = state_->client.settings().buried;
  if (!buried) return acknowledge(leasesOf(tasks));
  if (state_->isClosed) return closedError();
  const auto now = state_->client.now();
  return replace(tasks, buried->url, [&](const TaskBurial& task, const HeldLease& lease) {
    return burialMessage(lease, task, now, state_->queue.maximumMessageSize);
  });
}

Result<std::vector<LeasedTask>> SqsSession::heldTasks() {
  if (state_->isClosed) return closedError();
  std::vector<LeasedTask> tasks;
  for (const auto* lease : state_->leases.all()) {
    if (!lease->isSentAnew && !lease->messageId.empty())
      tasks.push_back({.envelope = lease->body, .counters = lease->counters, .lease = lease->id});
  }
  return tasks;
}

Result<void> SqsSession::close() {
  if (state_->isClosed) return closedError();
  state_->receiver.finish(kCloseWait);
  if (auto back = giveBack(state_->receiver.takeArrived()); !back) return back;
  const auto now = state_->client.now();
  std::vector<Replacement> known;
  std::vector<SqsLeases::GiveBackRequest> unknown;
  for (auto* lease : state_->leases.all()) {
    if (lease->messageId.empty()) {
      unknown.push_back({lease});
    } else {
      known.push_back({lease, sameMessage(*lease, now, state_->queue.longestHop())});
    }
  }
  const auto released = replaceMessages(*state_, state_->client.queue(), std::move(known));
  if (!released) return released.error();
  if (const auto back = state_->leases.giveBack(unknown); !back) return back.error();
  LEPTIR_FAILPOINT("sqs.close.before_end");
  state_->isClosed = true;
  return {};
}

}  // namespace leptir::sqs
