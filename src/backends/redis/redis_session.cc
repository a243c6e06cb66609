#include "backends/redis/redis_session.h"

#include <algorithm>
#include <limits>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back.h"
#include "base/failpoint.h"

namespace leptir::redis {
namespace {

// Each round of close() gives back at least one task, and no session holds so many.
constexpr int kMaxCloseRounds = 1'000'000;
// Lease numbers are about microseconds since 1970. Larger ones are not exact in the doubles of Lua scripts.
constexpr std::int64_t kLargestLeaseNumber = std::int64_t{1} << 53;

// The leases at the positions that a script returned.
Result<std::vector<LeaseId>> leasesAt(const RedisExpect& expect, RedisValue positions, auto&& range, auto lease) {
  const auto indices = expect.positions(positions, range.size());
  if (!indices) return indices.error();
  std::vector<LeaseId> leases;
  for (const auto index : *indices) leases.push_back(lease(range[index]));
  return leases;
}

// Settles the tasks in as many requests as their bytes need. Sends one request even for no tasks: the session may be
// lost.
template <class Task>
Result<std::vector<LeaseId>> inPieces(std::span<const Task> tasks, auto settle) {
  std::vector<LeaseId> notOurs;
  do {
    const auto piece = tasks.first(countFittingOneRequest(tasks));
    tasks = tasks.subspan(piece.size());
    const auto more = settle(piece);
    if (!more) return more.error();
    notOurs.insert(notOurs.end(), more->begin(), more->end());
  } while (!tasks.empty());
  return notOurs;
}

const LeaseId& leaseItself(const LeaseId& lease) {
  return lease;
}

template <class Task>
const LeaseId& leaseOf(const Task& task) {
  return task.lease;
}

bool saysLost(RedisValue answer) {
  return answer.kind() == RedisValue::Kind::Integer && answer.integer() == RedisScripts::kSessionLost;
}

}  // namespace

RedisSession::RedisSession(std::shared_ptr<RedisQueue> queue, std::string name)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      keys_(queue_->keys),
      name_(std::move(name)),
      doorbell_(connection_.address(), keys_.wake) {}

Result<std::vector<LeasedTask>> RedisSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  for (bool waited = false;; waited = true) {
    auto result = lease(limit);
    if (!result) return result.error();
    if (!result->tasks.empty() || limit == 0 || waited || longest <= Duration::zero()) return std::move(result->tasks);
    const auto heard = doorbell_.waitForPush(std::min(longest, result->untilNext), wake);
    if (heard == RedisDoorbell::WaitResult::Wake) return std::vector<LeasedTask>();
  }
}

Result<RedisSession::LeaseResult> RedisSession::lease(std::size_t limit) {
  if (limit == 0) {
    if (auto open = checkOpen(); !open) return open.error();
    return LeaseResult{};
  }
  LEPTIR_FAILPOINT("redis.lease.before_send");
  const auto reply = run(calls::leaseTasks(*queue_, name_, limit));
  LEPTIR_FAILPOINT("redis.lease.after_reply");
  if (!reply) return reply.error();
  return parseLeaseReply(reply->value());
}

Result<RedisSession::LeaseResult> RedisSession::parseLeaseReply(RedisValue answer) {
  if (auto fits = checkLeaseReply(answer); !fits) return fits.error();
  const auto first = static_cast<std::uint64_t>(answer[0].integer());
  const auto envelopes = answer[2];
  if (auto noted = queue_->burials.note(connection_, answer[3]); !noted) return noted.error();
  LeaseResult result;
  if (first == 0) {
    if (answer[1].integer() >= 0) result.untilNext = Duration(answer[1].integer());
    return result;
  }
  result.tasks.reserve(envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    result.tasks.push_back(leasedTask(first + i, envelopes[i].text()));
    held_.insert(first + i);
  }
  if (answer[1].integer() != 0) {
    if (auto added = addCancelRequests(result.tasks); !added) return added.error();
  }
  return result;
}

// The reply to the lease script: [first lease number or 0, a number, envelopes, burials]; see lease_tasks.lua.
Result<void> RedisSession::checkLeaseReply(RedisValue answer) const {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(answer, 4); !fits) return fits;
  const auto first = expect.integer(answer[0], 0, kLargestLeaseNumber);
  if (!first) return first.error();
  const auto next = expect.integer(answer[1], -1, std::numeric_limits<std::int64_t>::max());
  if (!next) return next.error();
  return expect.texts(answer[2]);
}

// Only called when cancellation was requested for some task of this queue, which is rare.
Result<void> RedisSession::addCancelRequests(std::vector<LeasedTask>& tasks) {
  const auto reply = runScript(connection_, calls::cancelRequestsOf(*queue_, tasks));
  if (!reply) return reply.error();
  const RedisExpect expect(connection_);
  if (auto fits = expect.texts(reply->value(), tasks.size(), RedisExpect::Nils::Allowed); !fits) return fits;
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].cancelledBy = calls::requesterIn(reply->value()[i]);
  return {};
}

Result<void> RedisSession::checkOpen() {
  const auto expiry = connection_.run({"ZSCORE", keys_.sessions, name_});
  if (!expiry) return expiry.error();
  if (auto fits = RedisExpect(connection_).textOrNil(expiry->value()); !fits) return fits;
  if (expiry->value().isNil() || expiry->value().text().starts_with('-')) return lost();
  return {};
}

Result<Renewal> RedisSession::renew(std::span<const LeaseId> held, Duration lease) {
  const auto reply = run(calls::renewSession(*queue_, name_, held, lease));
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(answer, 3); !fits) return fits.error();
  auto lost = leasesAt(expect, answer[0], held, leaseItself);
  if (!lost) return lost.error();
  auto cancelled = leasesAt(expect, answer[1], held, leaseItself);
  if (!cancelled) return cancelled.error();
  if (auto fits = expect.texts(answer[2], cancelled->size(), RedisExpect::Nils::Refused); !fits) return fits.error();
  Renewal renewal{.cancelled = {}, .lost = std::move(*lost)};
  for (std::size_t i = 0; i < cancelled->size(); ++i)
    renewal.cancelled.push_back({std::move((*cancelled)[i]), calls::requesterIn(answer[2][i])});
  return renewal;
}

Result<std::vector<LeaseId>> RedisSession::acknowledge(std::span<const LeaseId> leases) {
  const auto call = calls::acknowledgeTasks(*queue_, name_, leases, forgetHeld(leases));
  LEPTIR_FAILPOINT("redis.acknowledge.before_send");
  const auto reply = run(call);
  LEPTIR_FAILPOINT("redis.acknowledge.after_reply");
  if (!reply) return reply.error();
  return leasesAt(RedisExpect(connection_), reply->value(), leases, leaseItself);
}

Result<AcknowledgedAndPopped> RedisSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                              Wake& wake) {
  if (limit == 0) return BrokerSession::acknowledgeAndPop(leases, limit, wake);
  const RedisScriptCall both[] = {calls::acknowledgeTasks(*queue_, name_, leases, forgetHeld(leases)),
                                  calls::leaseTasks(*queue_, name_, limit)};
  LEPTIR_FAILPOINT("redis.acknowledge_and_pop.before_send");
  const auto replies = runScripts(connection_, both);
  LEPTIR_FAILPOINT("redis.acknowledge_and_pop.after_reply");
  if (!replies) return replies.error();
  const auto acknowledged = (*replies)[0].value(), leased = (*replies)[1].value();
  if (saysLost(acknowledged) || saysLost(leased)) return lost();
  auto notOurs = leasesAt(RedisExpect(connection_), acknowledged, leases, leaseItself);
  if (!notOurs) return notOurs.error();
  auto result = parseLeaseReply(leased);
  if (!result) return result.error();
  return AcknowledgedAndPopped{std::move(*notOurs), std::move(result->tasks)};
}

calls::HeldLeases RedisSession::forgetHeld(std::span<const LeaseId> leases) {
  const auto unknown =
      std::ranges::count_if(leases, [this](const LeaseId& each) { return held_.erase(each.number) == 0; });
  return unknown == 0 ? calls::HeldLeases::All : calls::HeldLeases::MaybeNotAll;
}

Result<std::vector<LeaseId>> RedisSession::release(std::span<const TaskRelease> tasks) {
  return inPieces(tasks, [this](auto piece) { return releasePiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::releasePiece(std::span<const TaskRelease> tasks) {
  const auto call = calls::releaseTasks(*queue_, name_, tasks);
  LEPTIR_FAILPOINT("redis.release.before_send");
  const auto reply = run(call);
  LEPTIR_FAILPOINT("redis.release.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return leasesAt(RedisExpect(connection_), reply->value(), tasks, leaseOf<TaskRelease>);
}

// The handle of a lease is the id by which the server remembers that the task is left to others. It remembers an
// envelope of another form than PHP's by its digest: such a task is leased when the time is over.
Result<void> RedisSession::leaseAgain(std::span<const LeaseId> released) {
  const auto key = keys_.leftToOthersBy(name_);
  std::vector<std::string_view> words{"ZREM", key};
  for (const auto& lease : released) {
    if (!lease.handle.empty()) words.push_back(lease.handle);
  }
  if (words.size() == 2) return {};
  const auto reply = connection_.run(words);
  return reply ? Result<void>() : reply.error();
}

Result<std::vector<LeaseId>> RedisSession::bury(std::span<const TaskBurial> tasks) {
  return inPieces(tasks, [this](auto piece) { return buryPiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::buryPiece(std::span<const TaskBurial> tasks) {
  const auto call = calls::buryTasks(*queue_, name_, tasks);
  LEPTIR_FAILPOINT("redis.bury.before_send");
  const auto reply = run(call);
  LEPTIR_FAILPOINT("redis.bury.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return leasesAt(RedisExpect(connection_), reply->value(), tasks, leaseOf<TaskBurial>);
}

Result<std::vector<LeasedTask>> RedisSession::heldTasks() {
  if (auto open = checkOpen(); !open) return open.error();
  return readLeased(*queue_, name_, Reading::All);
}

Result<void> RedisSession::close() {
  auto state = SessionState::Open;
  for (int rounds = 0; state == SessionState::Open; ++rounds) {
    if (rounds == kMaxCloseRounds)
      return Error(ErrorCode::Unavailable, where() + ": the session still holds tasks after " +
                                               std::to_string(kMaxCloseRounds) + " attempts to give them back");
    if (auto open = checkOpen(); !open) return open;
    auto held = readLeased(*queue_, name_, Reading::OneRequest);
    if (!held) return held.error();
    std::vector<TaskToGiveBack> some;
    for (auto& task : *held) some.push_back({.task = std::move(task)});
    LEPTIR_FAILPOINT("redis.close.before_send");
    const auto done = giveBack(*queue_, name_, GiveBackCaller::OpenSession, some);
    LEPTIR_FAILPOINT("redis.close.after_reply");
    if (!done) return done.error();
    if (done->state == SessionState::Lost) return lost();
    if (done->tasks == 0) break;  // what is left in the key are no leases
    state = done->state;
  }
  return {};
}

Result<RedisReply> RedisSession::run(const RedisScriptCall& call) {
  auto reply = runScript(connection_, call);
  if (!reply) return reply;
  if (saysLost(reply->value())) return lost();
  return reply;
}

Error RedisSession::lost() const {
  return Error(ErrorCode::Lost, where() + ": the session was claimed or closed");
}

}  // namespace leptir::redis
