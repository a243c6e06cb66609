#include "backends/redis/redis_broker.h"

#include <limits>
#include <unordered_set>
#include <utility>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_session.h"
#include "base/escape.h"
#include "base/failpoint.h"
#include "leptir/json.h"
#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir {
namespace {

// Redis 6.2 refuses a request of more than a million words, and adding so many takes any server seconds.
constexpr std::size_t kMostTasksAtOnce = 300'000;
// A server hangs up on whoever sends more than a GiB in one request (client-query-buffer-limit).
constexpr std::size_t kMostBytesAtOnce = std::size_t{512} << 20;

Result<void> checkSizeOf(std::span<const BrokerTask> tasks) {
  std::size_t bytes = 0;
  for (const auto& task : tasks) bytes += task.parameters.size() + task.name.size() + task.id.size();
  if (bytes <= kMostBytesAtOnce && tasks.size() <= kMostTasksAtOnce) return {};
  return Error(ErrorCode::TooLarge, std::to_string(tasks.size()) + " tasks of together " + std::to_string(bytes >> 20) +
                                        " MiB at once; push them in smaller lists, of " +
                                        std::to_string(kMostTasksAtOnce) + " tasks or " +
                                        std::to_string(kMostBytesAtOnce >> 20) + " MiB at most");
}

// A PHP consumer that was seen counts as there for so long.
constexpr Duration kPhpCountsAsThere = std::chrono::minutes(10);

std::string textOf(const SessionCard& card) {
  return writeJson(Json{{"host", card.host}, {"pid", card.pid}, {"version", card.version}, {"workers", card.workers}});
}

}  // namespace

Result<std::unique_ptr<RedisBroker>> RedisBroker::open(std::shared_ptr<RedisConnection> connection, std::string key,
                                                       PhpConsumers php) {
  if (auto connected = connection->connect(); !connected) return connected.error();
  auto facts = askFacts(*connection);
  if (!facts) return facts.error();
  const auto looked = connection->run({"ZCARD", key});
  if (!looked) return looked.error().in("key '" + key + "'");
  const auto waiting = RedisExpect(*connection).integer(looked->value(), 0, std::numeric_limits<std::int64_t>::max());
  if (!waiting) return waiting.error();
  auto queue = std::make_shared<RedisQueue>(std::move(connection), std::move(key), facts->version);
  std::unique_ptr<RedisBroker> broker(new RedisBroker(std::move(queue), std::move(*facts), php));
  if (auto seen = broker->lookForPhp(); !seen) return seen.error();
  return broker;
}

RedisBroker::RedisBroker(std::shared_ptr<RedisQueue> queue, RedisFacts facts, PhpConsumers php)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      keys_(queue_->keys),
      facts_(std::move(facts)),
      php_(php),
      keeper_(queue_),
      recovery_(queue_) {}

Result<void> RedisBroker::pushBrokerTasks(std::span<const BrokerTask> tasks) {
  for (const auto& task : tasks) {
    if (auto fine = checkBrokerTask(task); !fine) return fine;
  }
  if (auto fine = checkNames(tasks); !fine) return fine;
  if (auto fits = checkSizeOf(tasks); !fits) return fits.error().in(connection_.address().where());
  return tasks.empty() ? Result<void>() : push(tasks);
}

// Tasks of one list mostly have one name.
Result<void> RedisBroker::checkNames(std::span<const BrokerTask> tasks) const {
  if (php_ == PhpConsumers::No) return {};
  std::string_view checked;
  for (const auto& task : tasks) {
    if (task.name == checked) continue;
    checked = task.name;
    if (!isClassOfPhp(task.name)) continue;
    return Error(
        ErrorCode::Invalid,
        "task " + task.id + ": '" + task.name +
            "' is a class of PHP's own: a PHP consumer of this queue would end when it takes this task. Choose "
            "another name, or set 'php_consumers: no' in the broker's connection");
  }
  return {};
}

Result<std::size_t> RedisBroker::recoverExpired(std::size_t limit) {
  if (auto looked = lookForPhp(); !looked) return looked.error();
  return recovery_.recover(limit);
}

Result<void> RedisBroker::lookForPhp() {
  if (php_ == PhpConsumers::No) return {};
  auto found = findPhpConsumer(connection_);
  if (!found) return found.error();
  const auto now = systemClock().bootTime();
  if (*found) {
    seen_ = std::move(**found);
    seenUntil_ = now + kPhpCountsAsThere;
  }
  queue_->isSharedWithPhp = php_ == PhpConsumers::Yes || (seen_ && now < seenUntil_);
  return {};
}

// An id that stands twice in the list counts once, the first time.
Result<void> RedisBroker::push(std::span<const BrokerTask> tasks) {
  std::vector<std::string> ids, dues, envelopes;
  std::unordered_set<std::string_view> seen;
  seen.reserve(tasks.size());
  for (const auto& task : tasks) {
    if (!seen.insert(task.id).second) continue;
    ids.push_back(escapedId(task.id));
    dues.push_back(task.timeOfExecution ? redisTime(*task.timeOfExecution) : "");
    envelopes.push_back(encodeEnvelope(task));
  }
  const auto count = std::to_string(ids.size());
  const auto itself = [](const std::string& text) -> std::string_view { return text; };
  RedisArguments arguments{keys_.leasedPrefix, count};
  for (const auto* block : {&ids, &dues, &envelopes}) arguments.addBlock(*block, itself);
  LEPTIR_FAILPOINT("redis.push.before_send");
  const std::string_view names[]{keys_.queue, keys_.ids, keys_.buriedTasks, keys_.sessions, keys_.wake, keys_.cancel};
  const auto pushed = connection_.runScript(queue_->scripts.push, names, arguments.words());
  LEPTIR_FAILPOINT("redis.push.after_reply");
  // Invalid would mean that one of the tasks is wrong.
  if (!pushed && pushed.error().code() == ErrorCode::Invalid)
    return Error(ErrorCode::Unavailable, pushed.error().message());
  if (!pushed) return pushed.error();
  const auto added = RedisExpect(connection_).integer(pushed->value(), 0, static_cast<std::int64_t>(ids.size()));
  return added ? Result<void>() : added.error();
}

Result<TaskCounts> RedisBroker::tasksCount() {
  const std::string_view names[]{keys_.queue, keys_.sessions, keys_.buriedTasks};
  const auto reply =
      connection_.runScript(queue_->scripts.count, names, std::array{std::string_view(keys_.leasedPrefix)});
  if (!reply) return reply.error();
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(reply->value(), 4); !fits) return fits.error();
  for (std::size_t i = 0; i < 4; ++i) {
    const auto count = expect.integer(reply->value()[i], 0, std::numeric_limits<std::int64_t>::max());
    if (!count) return count.error();
  }
  const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(reply->value()[i].integer()); };
  return TaskCounts{.due = at(0), .scheduled = at(1), .leased = at(2), .buried = at(3)};
}

Result<std::unique_ptr<BrokerSession>> RedisBroker::openSession(const SessionId& session, const SessionCard& card,
                                                                Duration lease) {
  const auto prefix = session.instance + ":", epoch = std::to_string(session.epoch), name = RedisKeys::nameOf(session);
  const auto length = std::to_string(lease.count()), text = textOf(card), epochKey = keys_.epochOf(session.instance);
  LEPTIR_FAILPOINT("redis.open_session.before_send");
  const std::string_view names[]{keys_.sessions, epochKey, keys_.cards};
  const std::string_view arguments[]{prefix, epoch, name, length, text};
  const auto opened = connection_.runScript(queue_->scripts.open, names, arguments);
  LEPTIR_FAILPOINT("redis.open_session.after_reply");
  if (!opened) return opened.error();
  const auto isNew = RedisExpect(connection_).integer(opened->value(), 0, 1);
  if (!isNew) return isNew.error();
  if (*isNew == 0) {
    return Error(ErrorCode::Invalid, connection_.address().where() + ": epoch " + epoch +
                                         " of this instance, or a later one, was opened before");
  }
  queue_->ownInstances.insert(session.instance);
  return std::make_unique<RedisSession>(queue_, name);
}

Result<std::unique_ptr<BrokerSession>> RedisBroker::resumeSession(const SessionId& session) {
  auto resumed = std::make_unique<RedisSession>(queue_, RedisKeys::nameOf(session));
  if (auto open = resumed->checkOpen(); !open) return open.error();
  queue_->ownInstances.insert(session.instance);
  return resumed;
}

Result<void> RedisBroker::endSessionsOf(std::string_view instance) {
  const auto prefix = std::string(instance) + ":";
  const std::string_view names[]{keys_.sessions}, arguments[]{prefix};
  const auto ended = connection_.runScript(queue_->scripts.end, names, arguments);
  if (!ended) return ended.error();
  const auto count = RedisExpect(connection_).integer(ended->value(), 0, std::numeric_limits<std::int64_t>::max());
  return count ? Result<void>() : count.error();
}

BrokerTraits RedisBroker::traits() const {
  BrokerTraits traits;
  traits.everyPushWakes = false;
  traits.durability = facts_.durability;
  traits.warnings = facts_.warnings;
  if (seen_) {
    traits.warnings.push_back(
        connection_.address().where() + ": a PHP consumer seems to take tasks here too (client " +
        escaped(seen_->address) + ", last command " + seen_->command +
        "): it can lose a task when a lease comes between its two commands; leptir leaves the first "
        "task of the queue to it, which makes that rare (docs/guide/php.md)");
  }
  return traits;
}

}  // namespace leptir
