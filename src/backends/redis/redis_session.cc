#include "backends/redis/redis_session.h"

#include <algorithm>
#include <array>
#include <limits>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "base/utf8.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

// Bytes of envelopes that one lease returns, since each may have 16 MiB; one task is leased whatever its size.
constexpr std::string_view kMostBytesAtOnce = "67108864";
constexpr std::string_view kLargest = "16842752";
static_assert(kLargestText == 16'842'752);
constexpr std::string_view kMostLeft = "10000";
static_assert(kMaxTasksLeftToOthers == 10'000);
// How long the task at rank 0 is left to PHP consumers, in µs.
constexpr std::string_view kPhpHold = "200000";
// The name of who requested a cancellation is read up to this size, since another program may have written any text
// there. The server cuts at any byte, so leptir asks for a few bytes more than it keeps and cuts at a whole character.
constexpr std::string_view kMaxRequesterBytesRead = "1027";
constexpr std::size_t kMaxRequesterBytes = 1024;
// Each round of close() gives back at least one task, and no session holds so many.
constexpr int kMostRounds = 1'000'000;
// Lease numbers are about microseconds since 1970. Larger ones are not exact in the doubles of Lua scripts.
constexpr std::int64_t kLargestLeaseNumber = std::int64_t{1} << 53;

std::vector<std::string> numbersOf(auto&& range, auto leaseOf) {
  std::vector<std::string> numbers;
  for (const auto& each : range) numbers.push_back(std::to_string(leaseOf(each).number));
  return numbers;
}

std::string_view itself(const std::string& text) {
  return text;
}

// The leases at the positions that a script returned.
Result<std::vector<LeaseId>> leasesAt(const RedisExpect& expect, RedisValue positions, auto&& range, auto leaseOf) {
  const auto indices = expect.positions(positions, range.size());
  if (!indices) return indices.error();
  std::vector<LeaseId> leases;
  for (const auto index : *indices) leases.push_back(leaseOf(range[index]));
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

std::string requesterIn(RedisValue answer) {
  return std::string(base::utf8Prefix(answer.text(), kMaxRequesterBytes));
}

bool saysLost(RedisValue answer) {
  return answer.kind() == RedisValue::Kind::Integer && answer.integer() == RedisScripts::kLost;
}

// The arguments of the acknowledge script. They point into this object.
class Acknowledgement {
 public:
  Acknowledgement(std::string_view session, std::span<const LeaseId> leases, bool allHeld)
      : count_(std::to_string(leases.size())),
        numbers_(numbersOf(leases, leaseItself)),
        arguments_{session, count_, allHeld ? "held" : "perhaps"} {
    arguments_.addBlock(numbers_, itself);
    arguments_.addBlock(leases, [](const LeaseId& each) -> std::string_view { return each.handle; });
  }
  Acknowledgement(const Acknowledgement&) = delete;
  Acknowledgement& operator=(const Acknowledgement&) = delete;

  const RedisArguments& arguments() const { return arguments_; }

 private:
  const std::string count_;
  const std::vector<std::string> numbers_;
  RedisArguments arguments_;
};

}  // namespace

RedisSession::RedisSession(std::shared_ptr<RedisQueue> queue, std::string name)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      keys_(queue_->keys),
      name_(std::move(name)),
      leased_(keys_.leasedBy(name_)),
      leftToOthers_(keys_.leftToOthersBy(name_)),
      doorbell_(connection_.address(), keys_.wake) {}

Result<std::vector<LeasedTask>> RedisSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  for (bool waited = false;; waited = true) {
    auto result = lease(limit);
    if (!result) return result.error();
    if (!result->tasks.empty() || limit == 0 || waited || longest <= 0s) return std::move(result->tasks);
    const auto heard = doorbell_.waitForPush(std::min(longest, result->untilNext), wake);
    if (heard == RedisDoorbell::WaitResult::Wake) return std::vector<LeasedTask>();
  }
}

Result<RedisSession::LeaseResult> RedisSession::lease(std::size_t limit) {
  if (limit == 0) {
    if (auto open = checkOpen(); !open) return open.error();
    return LeaseResult{};
  }
  const auto most = std::to_string(limit);
  LEPTIR_FAILPOINT("redis.lease.before_send");
  const auto reply = run(queue_->scripts.lease,
                         {keys_.queue, leased_, keys_.sessions, keys_.lease, keys_.cancel, keys_.ids, keys_.buried,
                          keys_.buriedTasks, leftToOthers_, keys_.front, keys_.places},
                         RedisArguments{name_, most, kMostBytesAtOnce, kLargest, phpHoldMicros()});
  LEPTIR_FAILPOINT("redis.lease.after_reply");
  if (!reply) return reply.error();
  return parseLeaseReply(reply->value());
}

Result<RedisSession::LeaseResult> RedisSession::parseLeaseReply(RedisValue answer) {
  if (auto fits = checkLeaseReply(answer); !fits) return fits.error();
  const auto first = static_cast<std::uint64_t>(answer[0].integer());
  const auto envelopes = answer[2];
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

// The reply to the lease script: [first lease number or 0, a number, envelopes]; see RedisScripts::lease.
Result<void> RedisSession::checkLeaseReply(RedisValue answer) const {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(answer, 3); !fits) return fits;
  const auto first = expect.integer(answer[0], 0, kLargestLeaseNumber);
  if (!first) return first.error();
  const auto next = expect.integer(answer[1], -1, std::numeric_limits<std::int64_t>::max());
  if (!next) return next.error();
  return expect.texts(answer[2]);
}

// Only called when cancellation was requested for some task of this queue, which is rare.
Result<void> RedisSession::addCancelRequests(std::vector<LeasedTask>& tasks) {
  RedisArguments arguments{kMaxRequesterBytesRead};
  arguments.addBlock(tasks, [](const LeasedTask& task) -> std::string_view { return task.lease.handle; });
  const auto reply = connection_.runScript(queue_->scripts.cancelRequestsOf, std::array{std::string_view(keys_.cancel)},
                                           arguments.words());
  if (!reply) return reply.error();
  const RedisExpect expect(connection_);
  if (auto fits = expect.texts(reply->value(), tasks.size(), RedisExpect::Nils::Allowed); !fits) return fits;
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].cancelledBy = requesterIn(reply->value()[i]);
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
  const auto length = std::to_string(lease.count()), count = std::to_string(held.size());
  const auto numbers = numbersOf(held, leaseItself);
  RedisArguments arguments{name_, length, count};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(held, [](const LeaseId& each) -> std::string_view { return each.handle; });
  arguments.add(kMaxRequesterBytesRead);
  const auto reply = run(queue_->scripts.renew, {keys_.sessions, leased_, keys_.cancel}, arguments);
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
    renewal.cancelled.push_back({std::move((*cancelled)[i]), requesterIn(answer[2][i])});
  return renewal;
}

Result<std::vector<LeaseId>> RedisSession::acknowledge(std::span<const LeaseId> leases) {
  const Acknowledgement done(name_, leases, forgetHeld(leases));
  LEPTIR_FAILPOINT("redis.acknowledge.before_send");
  const auto reply = run(queue_->scripts.acknowledge, {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.places},
                         done.arguments());
  LEPTIR_FAILPOINT("redis.acknowledge.after_reply");
  if (!reply) return reply.error();
  return leasesAt(RedisExpect(connection_), reply->value(), leases, leaseItself);
}

Result<AcknowledgedAndPopped> RedisSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                              Wake& wake) {
  if (limit == 0) return BrokerSession::acknowledgeAndPop(leases, limit, wake);
  const Acknowledgement done(name_, leases, forgetHeld(leases));
  const std::string_view doneKeys[] = {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.places};
  const auto most = std::to_string(limit);
  const std::string_view leaseKeys[] = {keys_.queue,   leased_,     keys_.sessions, keys_.lease,
                                        keys_.cancel,  keys_.ids,   keys_.buried,   keys_.buriedTasks,
                                        leftToOthers_, keys_.front, keys_.places};
  const std::string_view leaseArguments[] = {name_, most, kMostBytesAtOnce, kLargest, phpHoldMicros()};
  LEPTIR_FAILPOINT("redis.acknowledge_and_pop.before_send");
  const auto replies = connection_.runScripts(
      std::array<RedisConnection::ScriptCall, 2>{{{queue_->scripts.acknowledge, doneKeys, done.arguments().words()},
                                                  {queue_->scripts.lease, leaseKeys, leaseArguments}}});
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

std::string_view RedisSession::phpHoldMicros() const {
  return queue_->isSharedWithPhp ? kPhpHold : "0";
}

bool RedisSession::forgetHeld(std::span<const LeaseId> leases) {
  return std::ranges::count_if(leases, [this](const LeaseId& each) { return held_.erase(each.number) == 0; }) == 0;
}

Result<std::vector<LeaseId>> RedisSession::release(std::span<const TaskRelease> tasks) {
  return inPieces(tasks, [this](auto piece) { return releasePiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::releasePiece(std::span<const TaskRelease> tasks) {
  const auto leaseOf = [](const TaskRelease& each) -> const LeaseId& { return each.lease; };
  const auto count = std::to_string(tasks.size());
  const auto numbers = numbersOf(tasks, leaseOf);
  std::vector<std::string> dues, envelopes, places, untils;
  for (const auto& each : tasks) {
    dues.push_back(each.due ? redisTime(*each.due) : "");
    envelopes.push_back(task::withCounters(each.envelope, each.counters));
    places.push_back(each.due ? "" : scoreFromEnvelope(each.envelope));
    untils.push_back(each.leftToOthersUntil ? std::to_string(each.leftToOthersUntil->time_since_epoch().count()) : "");
  }
  RedisArguments arguments{name_, count, kMostLeft};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(dues, itself);
  arguments.addBlock(envelopes, itself);
  arguments.addBlock(tasks, [](const TaskRelease& each) -> std::string_view { return each.lease.handle; });
  arguments.addBlock(places, itself);
  arguments.addBlock(untils, itself);
  LEPTIR_FAILPOINT("redis.release.before_send");
  const auto reply =
      run(queue_->scripts.release,
          {keys_.sessions, leased_, keys_.queue, keys_.ids, keys_.wake, leftToOthers_, keys_.places}, arguments);
  LEPTIR_FAILPOINT("redis.release.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return leasesAt(RedisExpect(connection_), reply->value(), tasks, leaseOf);
}

Result<std::vector<LeaseId>> RedisSession::bury(std::span<const TaskBurial> tasks) {
  return inPieces(tasks, [this](auto piece) { return buryPiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::buryPiece(std::span<const TaskBurial> tasks) {
  const auto leaseOf = [](const TaskBurial& each) -> const LeaseId& { return each.lease; };
  const auto count = std::to_string(tasks.size());
  const auto numbers = numbersOf(tasks, leaseOf);
  std::vector<std::string> spareIds, values;
  for (const auto& each : tasks) {
    spareIds.push_back(base::makeTaskId(systemClock()));
    values.push_back(encodeBuried({each.counters, each.reason, each.envelope}));
  }
  RedisArguments arguments{name_, count};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(tasks, [](const TaskBurial& each) -> std::string_view { return each.lease.handle; });
  arguments.addBlock(spareIds, itself);
  arguments.addBlock(values, itself);
  LEPTIR_FAILPOINT("redis.bury.before_send");
  const auto reply =
      run(queue_->scripts.bury,
          {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.buried, keys_.buriedTasks, keys_.places}, arguments);
  LEPTIR_FAILPOINT("redis.bury.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return leasesAt(RedisExpect(connection_), reply->value(), tasks, leaseOf);
}

Result<std::vector<LeasedTask>> RedisSession::heldTasks() {
  if (auto open = checkOpen(); !open) return open.error();
  return readLeased(*queue_, name_, Reading::All);
}

Result<void> RedisSession::close() {
  auto state = SessionState::Open;
  for (int rounds = 0; state == SessionState::Open; ++rounds) {
    if (rounds == kMostRounds) return Error(ErrorCode::Unavailable, where() + ": a closing session does not get empty");
    if (auto open = checkOpen(); !open) return open;
    auto held = readLeased(*queue_, name_, Reading::OneRequest);
    if (!held) return held.error();
    std::vector<TaskToGiveBack> some;
    for (auto& task : *held) some.push_back({.task = std::move(task)});
    LEPTIR_FAILPOINT("redis.close.before_send");
    const auto done = giveBack(*queue_, name_, GiveBackBy::OpenSession, some);
    LEPTIR_FAILPOINT("redis.close.after_reply");
    if (!done) return done.error();
    if (done->state == SessionState::Lost) return lost();
    if (done->tasks == 0) break;  // what is left in the key are no leases
    state = done->state;
  }
  return {};
}

Result<RedisReply> RedisSession::run(const RedisScript& script, std::initializer_list<std::string_view> keys,
                                     const RedisArguments& arguments) {
  auto reply = connection_.runScript(script, RedisConnection::Words(keys.begin(), keys.size()), arguments.words());
  if (!reply) return reply;
  if (saysLost(reply->value())) return lost();
  return reply;
}

Error RedisSession::lost() const {
  return Error(ErrorCode::Lost, where() + ": the session was claimed or closed");
}

}  // namespace leptir::redis
