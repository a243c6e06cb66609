#include "backends/redis/redis_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_give_back.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "task/envelope_counters.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Envelopes may have 16 MiB each: as many as fit are leased, but at least one.
constexpr std::string_view kMostBytesAtOnce = "67108864";
// A server does not look at its waiters more often.
constexpr Duration kShortestWait = 1ms;

std::vector<std::string> numbersOf(auto&& range, auto leaseOf) {
  std::vector<std::string> numbers;
  for (const auto& each : range) numbers.push_back(std::to_string(leaseOf(each).number));
  return numbers;
}

std::string_view itself(const std::string& text) {
  return text;
}

// Scripts answer positions, which begin at 1.
std::vector<LeaseId> chosen(RedisValue positions, auto&& range, auto leaseOf) {
  std::vector<LeaseId> leases;
  for (std::size_t i = 0; i < positions.size(); ++i)
    leases.push_back(leaseOf(range[static_cast<std::size_t>(positions[i].integer()) - 1]));
  return leases;
}

const LeaseId& leaseItself(const LeaseId& lease) {
  return lease;
}

}  // namespace

RedisSession::RedisSession(std::shared_ptr<RedisQueue> queue, std::string name)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      keys_(queue_->keys),
      name_(std::move(name)),
      leased_(keys_.leasedBy(name_)),
      bell_(connection_.address()) {}

Result<std::vector<LeasedTask>> RedisSession::popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) {
  for (bool waited = false;; waited = true) {
    auto look = lease(limit);
    if (!look) return look.error();
    if (!look->tasks.empty() || limit == 0 || waited || longest <= 0s) return std::move(look->tasks);
    const auto rung = waitForBell(std::min(longest, look->untilNext), wake);
    if (!rung) return rung.error();
    if (*rung) return std::vector<LeasedTask>();
  }
}

Result<RedisSession::Look> RedisSession::lease(std::size_t limit) {
  if (limit == 0) {
    if (auto open = checkOpen(); !open) return open.error();
    return Look{};
  }
  const auto most = std::to_string(limit);
  LEPTIR_FAILPOINT("redis.lease.before_send");
  const auto reply =
      run(queue_->scripts.lease, {keys_.queue, leased_, keys_.sessions, keys_.lease, keys_.cancel, keys_.wake},
          RedisArguments{name_, most, kMostBytesAtOnce});
  LEPTIR_FAILPOINT("redis.lease.after_reply");
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const auto first = static_cast<std::uint64_t>(answer[0].integer());
  Look look;
  if (first == 0) {
    if (answer[1].integer() >= 0) look.untilNext = Duration(answer[1].integer());
    return look;
  }
  const auto envelopes = answer[2];
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

// Rare: somebody asked to cancel some task that is leased or was.
Result<void> RedisSession::addWishes(std::vector<LeasedTask>& tasks) {
  std::vector<std::string_view> words{"HMGET", keys_.cancel};
  for (const auto& task : tasks) words.push_back(task.lease.handle);
  const auto reply = connection_.run(words);
  if (!reply) return reply.error();
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].cancelledBy = reply->value()[i].text();
  return {};
}

Result<void> RedisSession::checkOpen() {
  const auto expiry = connection_.run({"ZSCORE", keys_.sessions, name_});
  if (!expiry) return expiry.error();
  if (expiry->value().isNil() || expiry->value().text().starts_with('-')) return lost();
  return {};
}

// True: `wake` was rung. A push by leptir rings the bell; what others push is seen when the wait is over.
Result<bool> RedisSession::waitForBell(Duration longest, Wake& wake) {
  const auto wait = std::max(longest, kShortestWait);
  const auto seconds = fmt::format("{:.3f}", std::chrono::duration<double>(wait).count());
  const std::string_view words[]{"BLPOP", keys_.wake, seconds};
  if (wake.waitFor(0s)) return true;
  auto rung = bell_.wait(words, wait, wake);
  if (!rung) return rung.error();
  return wake.waitFor(0s);
}

Result<Renewal> RedisSession::renew(std::span<const LeaseId> held, Duration lease) {
  const auto length = std::to_string(lease.count()), count = std::to_string(held.size());
  const auto numbers = numbersOf(held, leaseItself);
  RedisArguments arguments{name_, length, count};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(held, [](const LeaseId& each) -> std::string_view { return each.handle; });
  const auto reply = run(queue_->scripts.renew, {keys_.sessions, leased_, keys_.cancel}, arguments);
  if (!reply) return reply.error();
  const auto answer = reply->value();
  Renewal renewal;
  renewal.lost = chosen(answer[0], held, leaseItself);
  auto cancelled = chosen(answer[1], held, leaseItself);
  for (std::size_t i = 0; i < cancelled.size(); ++i)
    renewal.cancelled.push_back({std::move(cancelled[i]), std::string(answer[2][i].text())});
  return renewal;
}

Result<std::vector<LeaseId>> RedisSession::acknowledge(std::span<const LeaseId> leases) {
  const auto count = std::to_string(leases.size());
  const auto numbers = numbersOf(leases, leaseItself);
  // Out of the set before anything is sent: whatever becomes of this try, the next one asks for each.
  const bool allHeld =
      std::ranges::count_if(leases, [this](const LeaseId& each) { return held_.erase(each.number) == 0; }) == 0;
  RedisArguments arguments{name_, count, allHeld ? "held" : "perhaps"};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(leases, [](const LeaseId& each) -> std::string_view { return each.handle; });
  LEPTIR_FAILPOINT("redis.acknowledge.before_send");
  const auto reply = run(queue_->scripts.acknowledge, {keys_.sessions, leased_, keys_.ids, keys_.cancel}, arguments);
  LEPTIR_FAILPOINT("redis.acknowledge.after_reply");
  if (!reply) return reply.error();
  return chosen(reply->value(), leases, leaseItself);
}

Result<std::vector<LeaseId>> RedisSession::release(std::span<const Released> tasks) {
  const auto leaseOf = [](const Released& each) -> const LeaseId& { return each.lease; };
  const auto count = std::to_string(tasks.size());
  const auto numbers = numbersOf(tasks, leaseOf);
  std::vector<std::string> dues, envelopes;
  for (const auto& each : tasks) {
    dues.push_back(redisTime(each.due));
    envelopes.push_back(withCounters(each.envelope, each.counters));
  }
  RedisArguments arguments{name_, count};
  arguments.addBlock(numbers, itself);
  arguments.addBlock(dues, itself);
  arguments.addBlock(envelopes, itself);
  arguments.addBlock(tasks, [](const Released& each) -> std::string_view { return each.lease.handle; });
  LEPTIR_FAILPOINT("redis.release.before_send");
  const auto reply =
      run(queue_->scripts.release, {keys_.sessions, leased_, keys_.queue, keys_.ids, keys_.wake}, arguments);
  LEPTIR_FAILPOINT("redis.release.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return chosen(reply->value(), tasks, leaseOf);
}

Result<std::vector<LeaseId>> RedisSession::bury(std::span<const Buried> tasks) {
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
      run(queue_->scripts.bury, {keys_.sessions, leased_, keys_.ids, keys_.cancel, keys_.buried, keys_.buriedTasks},
          arguments);
  LEPTIR_FAILPOINT("redis.bury.after_reply");
  if (!reply) return reply.error();
  for (const auto& task : tasks) held_.erase(task.lease.number);
  return chosen(reply->value(), tasks, leaseOf);
}

Result<std::vector<LeasedTask>> RedisSession::heldTasks() {
  if (auto open = checkOpen(); !open) return open.error();
  return readLeased(*queue_, name_);
}

Result<void> RedisSession::close() {
  auto held = heldTasks();
  if (!held) return held.error();
  std::vector<GivenBack> all;
  for (auto& task : *held) all.push_back({.task = std::move(task)});
  LEPTIR_FAILPOINT("redis.close.before_send");
  const auto done = giveBack(*queue_, name_, Giver::Itself, all);
  LEPTIR_FAILPOINT("redis.close.after_reply");
  if (!done) return done.error();
  if (done->state == SessionState::Lost) return lost();
  return {};
}

Result<RedisReply> RedisSession::run(const RedisScript& script, std::initializer_list<std::string_view> keys,
                                     const RedisArguments& arguments) {
  auto reply = connection_.runScript(script, RedisConnection::Words(keys.begin(), keys.size()), arguments.words());
  if (!reply) return reply;
  if (reply->value().kind() == RedisValue::Kind::Integer && reply->value().integer() == RedisScripts::kLost)
    return lost();
  return reply;
}

Error RedisSession::lost() const {
  return Error(ErrorCode::Lost, connection_.address().where() + ": the session was claimed or closed");
}

}  // namespace leptir
