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

namespace leptir::redis {
namespace {

// Redis 6.2 refuses requests of more than a million words (three for each task), and adding so many tasks keeps any
// server busy for seconds.
constexpr std::size_t kMostTasksAtOnce = 300'000;
// A server closes the connection of a client that sends more than 1 GiB in one request (client-query-buffer-limit).
constexpr std::size_t kMostBytesAtOnce = std::size_t{512} << 20;

Result<void> checkSizeOf(std::span<const BrokerTask> tasks) {
  std::size_t bytes = 0;
  for (const auto& task : tasks) bytes += task.parameters.size() + task.name.size() + task.id.size();
  if (bytes <= kMostBytesAtOnce && tasks.size() <= kMostTasksAtOnce) return {};
  return Error(ErrorCode::TooLarge, std::to_string(tasks.size()) + " tasks of " + std::to_string(bytes >> 20) +
                                        " MiB are too much for one push; push them in smaller lists, of " +
                                        std::to_string(kMostTasksAtOnce) + " tasks or " +
                                        std::to_string(kMostBytesAtOnce >> 20) + " MiB at most");
}

// PHP consumers count as present for so long after one was seen.
constexpr Duration kPhpPresentFor = std::chrono::minutes(10);

std::string jsonOf(const SessionInfo& card) {
  return writeJson(Json{{"host", card.host}, {"pid", card.pid}, {"version", card.version}, {"workers", card.workers}});
}

}  // namespace

Result<std::unique_ptr<RedisBroker>> RedisBroker::open(std::shared_ptr<RedisConnection> connection, std::string key,
                                                       PhpConsumers php) {
  if (auto connected = connection->connect(); !connected) return connected.error();
  auto serverInfo = readServerInfo(*connection);
  if (!serverInfo) return serverInfo.error();
  const auto looked = connection->run({"ZCARD", key});
  if (!looked) return looked.error().in("key '" + key + "'");
  const auto waiting = RedisExpect(*connection).integer(looked->value(), 0, std::numeric_limits<std::int64_t>::max());
  if (!waiting) return waiting.error();
  auto queue = std::make_shared<RedisQueue>(std::move(connection), std::move(key), serverInfo->version);
  std::unique_ptr<RedisBroker> broker(new RedisBroker(std::move(queue), std::move(*serverInfo), php));
  if (auto seen = broker->detectPhpConsumers(); !seen) return seen.error();
  return broker;
}

RedisBroker::RedisBroker(std::shared_ptr<RedisQueue> queue, RedisServerInfo serverInfo, PhpConsumers php)
    : queue_(std::move(queue)),
      connection_(*queue_->connection),
      keys_(queue_->keys),
      serverInfo_(std::move(serverInfo)),
      php_(php),
      keeper_(queue_),
      recovery_(queue_) {}

Result<void> RedisBroker::pushBrokerTasks(std::span<const BrokerTask> tasks) {
  for (const auto& task : tasks) {
    if (auto fine = task::checkBrokerTask(task); !fine) return fine;
  }
  if (auto fine = checkNames(tasks); !fine) return fine;
  if (auto fits = checkSizeOf(tasks); !fits) return fits.error().in(connection_.address().where());
  return tasks.empty() ? Result<void>() : push(tasks);
}

// The tasks of one push mostly have the same name, so a name equal to the last one is not checked again.
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
  if (auto looked = detectPhpConsumers(); !looked) return looked.error();
  return recovery_.recover(limit);
}

Result<void> RedisBroker::detectPhpConsumers() {
  if (php_ == PhpConsumers::No) return {};
  auto found = findPhpConsumer(connection_);
  if (!found) return found.error();
  const auto now = systemClock().bootTime();
  if (*found) {
    lastPhpConsumer_ = std::move(**found);
    phpPresentUntil_ = now + kPhpPresentFor;
  }
  queue_->isSharedWithPhp = php_ == PhpConsumers::Yes || (lastPhpConsumer_ && now < phpPresentUntil_);
  return {};
}

// Of tasks with the same id in the list only the first is pushed.
Result<void> RedisBroker::push(std::span<const BrokerTask> tasks) {
  std::vector<std::string> ids, dues, envelopes;
  std::unordered_set<std::string_view> seen;
  seen.reserve(tasks.size());
  for (const auto& task : tasks) {
    if (!seen.insert(task.id).second) continue;
    ids.push_back(task::escapedId(task.id));
    dues.push_back(task.timeOfExecution ? redisTime(*task.timeOfExecution) : "");
    envelopes.push_back(task::encodeEnvelope(task));
  }
  const auto count = std::to_string(ids.size());
  const auto itself = [](const std::string& text) -> std::string_view { return text; };
  RedisArguments arguments{keys_.leasedPrefix, count};
  for (const auto* block : {&ids, &dues, &envelopes}) arguments.addBlock(*block, itself);
  LEPTIR_FAILPOINT("redis.push.before_send");
  const std::string_view names[]{keys_.queue, keys_.ids, keys_.buriedTasks, keys_.sessions, keys_.wake, keys_.cancel};
  const auto pushed = connection_.runScript(queue_->scripts.push, names, arguments.words());
  LEPTIR_FAILPOINT("redis.push.after_reply");
  // For a push, Invalid would tell the caller that one of its tasks is wrong.
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

Result<std::unique_ptr<BrokerSession>> RedisBroker::openSession(const SessionId& session, const SessionInfo& card,
                                                                Duration lease) {
  const auto prefix = session.instance + ":", epoch = std::to_string(session.epoch), name = RedisKeys::nameOf(session);
  const auto length = std::to_string(lease.count()), text = jsonOf(card), epochKey = keys_.epochOf(session.instance);
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
  traits.durability = serverInfo_.durability;
  traits.warnings = serverInfo_.warnings;
  if (lastPhpConsumer_) {
    traits.warnings.push_back(
        connection_.address().where() + ": a PHP consumer seems to take tasks here too (client " +
        base::escaped(lastPhpConsumer_->address) + ", last command " + lastPhpConsumer_->command +
        "): it can lose a task when a lease comes between its two commands; leptir leaves the first "
        "task of the queue to it, which makes that rare (docs/guide/php.md)");
  }
  return traits;
}

}  // namespace leptir::redis
