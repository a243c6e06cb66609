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

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Envelopes may have 16 MiB each: as many as fit are leased, but at least one.
constexpr std::string_view kMostBytesAtOnce = "67108864";
constexpr std::string_view kLargest = "16842752";
static_assert(kLargestText == 16'842'752);
constexpr std::string_view kMostLeft = "10000";
static_assert(kMostLeftToOthers == 10'000);
// How long a task at rank 0 is left to PHP's consumers, in µs.
constexpr std::string_view kHold = "200000";
// Who asked to cancel a task is read up to this size: another program may have written any text there. The server cuts
// it anywhere, so it sends a few bytes more than are kept.
constexpr std::string_view kMostOfWhoAsked = "1027";
constexpr std::size_t kMostKeptOfWhoAsked = 1024;
// One round of a close gives back at least one task; a session holds fewer.
constexpr int kMostRounds = 1'000'000;
// Lease numbers are microseconds since 1970 or a little more. A larger one would not survive the scripts' doubles.
constexpr std::int64_t kLargestLeaseNumber = std::int64_t{1} << 53;

std::vector<std::string> numbersOf(auto&& range, auto leaseOf) {
  std::vector<std::string> numbers;
  for (const auto& each : range) numbers.push_back(std::to_string(leaseOf(each).number));
  return numbers;
}

std::string_view itself(const std::string& text) {
  return text;
}

// The leases at the positions that a script answered.
Result<std::vector<LeaseId>> chosen(const RedisExpect& expect, RedisValue positions, auto&& range, auto leaseOf) {
  const auto chosen = expect.positions(positions, range.size());
  if (!chosen) return chosen.error();
  std::vector<LeaseId> leases;
  for (const auto position : *chosen) leases.push_back(leaseOf(range[position]));
  return leases;
}

// Asks the server also when there are none: the session may be lost.
template <class Task>
Result<std::vector<LeaseId>> inPieces(std::span<const Task> tasks, auto settle) {
  std::vector<LeaseId> notOurs;
  do {
    const auto piece = tasks.first(firstPiece(tasks));
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

std::string whoAsked(RedisValue answer) {
  return std::string(utf8Prefix(answer.text(), kMostKeptOfWhoAsked));
}

bool saysLost(RedisValue answer) {
  return answer.kind() == RedisValue::Kind::Integer && answer.integer() == RedisScripts::kLost;
}

// What an acknowledgement is made of. Its words point into it.
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
      left_(keys_.leftBy(name_)),
      bell_(connection_.address(), keys_.wake) {}

Result<std::vector<LeasedTask>> RedisSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  for (bool waited = false;; waited = true) {
    auto look = lease(limit);
    if (!look) return look.error();
    if (!look->tasks.empty() || limit == 0 || waited || longest <= 0s) return std::move(look->tasks);
    const auto heard = bell_.listen(std::min(longest, look->untilNext), wake);
    if (heard == RedisBell::Heard::Wake) return std::vector<LeasedTask>();
  }
}

Result<RedisSession::Look> RedisSession::lease(std::size_t limit) {
  if (limit == 0) {
    if (auto open = checkOpen(); !open) return open.error();
    return Look{};
  }
  const auto most = std::to_string(limit);
  LEPTIR_FAILPOINT("redis.lease.before_send");
  const auto reply = run(queue_->scripts.lease,
                         {keys_.queue, leased_, keys_.sessions, keys_.lease, keys_.cancel, keys_.ids, keys_.buried,
                          keys_.buriedTasks, left_, keys_.front, keys_.places},
                         RedisArguments{name_, most, kMostBytesAtOnce, kLargest, holdOfTheFirst()});
  LEPTIR_FAILPOINT("redis.lease.after_reply");
  if (!reply) return reply.error();
  return lookOf(reply->value());
}

Result<RedisSession::Look> RedisSession::lookOf(RedisValue answer) {
  if (auto fits = checkLook(answer); !fits) return fits.error();
  const auto first = static_cast<std::uint64_t>(answer[0].integer());
  const auto envelopes = answer[2];
  Look look;
  if (first == 0) {
    if (answer[1].integer() >= 0) look.untilNext = Duration(answer[1].integer());
    return look;
  }
  look.tasks.reserve(envelopes.size());
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    look.tasks.push_back(leasedTask(first + i, envelopes[i].text()));
    held_.insert(first + i);
  }
  if (answer[1].integer() != 0) {
    if (auto added = addWishes(look.tasks); !added) return added.error();
  }
  return look;
}

// [the first lease number or 0, a number, envelopes]; see RedisScripts::lease.
Result<void> RedisSession::checkLook(RedisValue answer) const {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(answer, 3); !fits) return fits;
  const auto first = expect.integer(answer[0], 0, kLargestLeaseNumber);
  if (!first) return first.error();
  const auto next = expect.integer(answer[1], -1, std::numeric_limits<std::int64_t>::max());
  if (!next) return next.error();
  return expect.texts(answer[2]);
}

// Rare: somebody asked to cancel some task that is leased or was.
Result<void> RedisSession::addWishes(std::vector<LeasedTask>& tasks) {
  RedisArguments arguments{kMostOfWhoAsked};
  arguments.addBlock(tasks, [](const LeasedTask& task) -> std::string_view { return task.lease.handle; });
  const auto reply =
      connection_.runScript(queue_->scripts.wishesOf, std::array{std::string_view(keys_.cancel)}, arguments.words());
  if (!reply) return reply.error();
  const RedisExpect expect(connection_);
  if (auto fits = expect.texts(reply->value(), tasks.size(), RedisExpect::Nils::Allowed); !fits) return fits;
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].cancelledBy = whoAsked(reply->value()[i]);
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
  arguments.add(kMostOfWhoAsked);
  const auto reply = run(queue_->scripts.renew, {keys_.sessions, leased_, keys_.cancel}, arguments);
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(answer, 3); !fits) return fits.error();
  auto lost = chosen(expect, answer[0], held, leaseItself);
  if (!lost) return lost.error();
  auto cancelled = chosen(expect, answer[1], held, leaseItself);
  if (!cancelled) return cancelled.error();
  if (auto fits = expect.texts(answer[2], cancelled->size(), RedisExpect::Nils::Refused); !fits) return fits.error();
  Renewal renewal{.cancelled = {}, .lost = std::move(*lost)};
  for (std::size_t i = 0; i < cancelled->size(); ++i)
    renewal.cancelled.push_back({std::move((*cancelled)[i]), whoAsked(answer[2][i])});
  return renewal;
}

Result<std::vector<LeaseId>> RedisSession::acknowledge(std::span<const LeaseId> leases) {
  const Acknowledgement done(name_, leases, letGo(leases));
  LEPTIR_FAILPOINT("redis.acknowledge.before_send");
  const auto reply = run(queue_->scripts.acknowledge, {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.places},
                         done.arguments());
  LEPTIR_FAILPOINT("redis.acknowledge.after_reply");
  if (!reply) return reply.error();
  return chosen(RedisExpect(connection_), reply->value(), leases, leaseItself);
}

Result<AcknowledgedAndPopped> RedisSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                              Wake& wake) {
  if (limit == 0) return BrokerSession::acknowledgeAndPop(leases, limit, wake);
  const Acknowledgement done(name_, leases, letGo(leases));
  const std::string_view doneKeys[] = {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.places};
  const auto most = std::to_string(limit);
  const std::string_view leaseKeys[] = {keys_.queue,  leased_,     keys_.sessions, keys_.lease,
                                        keys_.cancel, keys_.ids,   keys_.buried,   keys_.buriedTasks,
                                        left_,        keys_.front, keys_.places};
  const std::string_view leaseArguments[] = {name_, most, kMostBytesAtOnce, kLargest, holdOfTheFirst()};
  LEPTIR_FAILPOINT("redis.acknowledge_and_pop.before_send");
  const auto replies = connection_.runScripts(
      std::array<RedisConnection::ScriptCall, 2>{{{queue_->scripts.acknowledge, doneKeys, done.arguments().words()},
                                                  {queue_->scripts.lease, leaseKeys, leaseArguments}}});
  LEPTIR_FAILPOINT("redis.acknowledge_and_pop.after_reply");
  if (!replies) return replies.error();
  const auto acknowledged = (*replies)[0].value(), leased = (*replies)[1].value();
  if (saysLost(acknowledged) || saysLost(leased)) return lost();
  auto notOurs = chosen(RedisExpect(connection_), acknowledged, leases, leaseItself);
  if (!notOurs) return notOurs.error();
  auto look = lookOf(leased);
  if (!look) return look.error();
  return AcknowledgedAndPopped{std::move(*notOurs), std::move(look->tasks)};
}

std::string_view RedisSession::holdOfTheFirst() const {
  return queue_->isSharedWithPhp ? kHold : "0";
}

bool RedisSession::letGo(std::span<const LeaseId> leases) {
  return std::ranges::count_if(leases, [this](const LeaseId& each) { return held_.erase(each.number) == 0; }) == 0;
}

Result<std::vector<LeaseId>> RedisSession::release(std::span<const Released> tasks) {
  return inPieces(tasks, [this](auto piece) { return releasePiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::releasePiece(std::span<const Released> tasks) {
  const auto leaseOf = [](const Released& each) -> const LeaseId& { return each.lease; };
  const auto count = std::to_string(tasks.size());
  const auto numbers = numbersOf(tasks, leaseOf);
  std::vector<std::string> dues, envelopes, places, untils;
  for (const auto& each : tasks) {
    dues.push_back(each.due ? redisTime(*each.due) : "");
    envelopes.push_back(withCounters(each.envelope, each.counters));
    places.push_back(each.due ? "" : placeIn(each.envelope));
    untils.push_back(each.leftUntil ? std::to_string(each.leftUntil->time_since_epoch().count()) : "");
  }
  RedisArguments arguments{name_, count, kMostLeft};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(dues, itself);
  arguments.addBlock(envelopes, itself);
  arguments.addBlock(tasks, [](const Released& each) -> std::string_view { return each.lease.handle; });
  arguments.addBlock(places, itself);
  arguments.addBlock(untils, itself);
  LEPTIR_FAILPOINT("redis.release.before_send");
  const auto reply = run(queue_->scripts.release,
                         {keys_.sessions, leased_, keys_.queue, keys_.ids, keys_.wake, left_, keys_.places}, arguments);
  LEPTIR_FAILPOINT("redis.release.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return chosen(RedisExpect(connection_), reply->value(), tasks, leaseOf);
}

Result<std::vector<LeaseId>> RedisSession::bury(std::span<const Buried> tasks) {
  return inPieces(tasks, [this](auto piece) { return buryPiece(piece); });
}

Result<std::vector<LeaseId>> RedisSession::buryPiece(std::span<const Buried> tasks) {
  const auto leaseOf = [](const Buried& each) -> const LeaseId& { return each.lease; };
  const auto count = std::to_string(tasks.size());
  const auto numbers = numbersOf(tasks, leaseOf);
  std::vector<std::string> spareIds, values;
  for (const auto& each : tasks) {
    spareIds.push_back(makeTaskId(systemClock()));
    values.push_back(encodeBuried({each.counters, each.reason, each.envelope}));
  }
  RedisArguments arguments{name_, count};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(tasks, [](const Buried& each) -> std::string_view { return each.lease.handle; });
  arguments.addBlock(spareIds, itself);
  arguments.addBlock(values, itself);
  LEPTIR_FAILPOINT("redis.bury.before_send");
  const auto reply =
      run(queue_->scripts.bury,
          {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.buried, keys_.buriedTasks, keys_.places}, arguments);
  LEPTIR_FAILPOINT("redis.bury.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return chosen(RedisExpect(connection_), reply->value(), tasks, leaseOf);
}

Result<std::vector<LeasedTask>> RedisSession::heldTasks() {
  if (auto open = checkOpen(); !open) return open.error();
  return readLeased(*queue_, name_, Reading::All);
}

Result<void> RedisSession::close() {
  auto state = SessionState::Open;
  for (int rounds = 0; state == SessionState::Open; ++rounds) {
    if (rounds == kMostRounds) return Error(ErrorCode::Unavailable, where() + ": a session does not become empty");
    if (auto open = checkOpen(); !open) return open;
    auto held = readLeased(*queue_, name_, Reading::OneRequest);
    if (!held) return held.error();
    std::vector<GivenBack> some;
    for (auto& task : *held) some.push_back({.task = std::move(task)});
    LEPTIR_FAILPOINT("redis.close.before_send");
    const auto done = giveBack(*queue_, name_, Giver::Itself, some);
    LEPTIR_FAILPOINT("redis.close.after_reply");
    if (!done) return done.error();
    if (done->state == SessionState::Lost) return lost();
    if (done->tasks == 0) break;  // what is left is none of our leases
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

}  // namespace leptir
