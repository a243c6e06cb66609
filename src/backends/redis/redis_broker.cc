#include "backends/redis/redis_broker.h"

#include <limits>
#include <unordered_set>
#include <utility>

#include "backends/redis/redis_broker_calls.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_session.h"
#include "base/escape.h"
#include "base/failpoint.h"

namespace leptir::redis {
namespace {

// Redis 6.2 refuses requests of more than a million words (three for each task), and adding so many tasks keeps any
// server busy for seconds.
constexpr std::size_t kMaxTasksPerPush = 300'000;
// A server closes the connection of a client that sends more than 1 GiB in one request (client-query-buffer-limit).
constexpr std::size_t kMaxPushBytes = std::size_t{512} << 20;

Result<void> checkSizeOf(std::span<const EncodedTask> tasks) {
  std::size_t bytes = 0;
  for (const auto& task : tasks) bytes += task.envelope.size();
  if (bytes <= kMaxPushBytes && tasks.size() <= kMaxTasksPerPush) return {};
  return Error(ErrorCode::TooLarge, std::to_string(tasks.size()) + " tasks of " + std::to_string(bytes >> 20) +
                                        " MiB are too much for one push; push them in smaller lists, each of at most " +
                                        std::to_string(kMaxTasksPerPush) + " tasks and at most " +
                                        std::to_string(kMaxPushBytes >> 20) + " MiB");
}

// PHP consumers count as present for so long after one was seen.
constexpr Duration kPhpPresentFor = std::chrono::minutes(10);

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
      fleet_(queue_),
      recovery_(queue_) {}

Result<void> RedisBroker::pushEncodedTasks(std::span<const EncodedTask> tasks) {
  if (auto fine = rejectPhpClassNames(tasks); !fine) return fine;
  if (auto fits = checkSizeOf(tasks); !fits) return fits.error().in(connection_.address().where());
  return tasks.empty() ? Result<void>() : push(tasks);
}

// The tasks of one push mostly have the same name, so a name equal to the last one is not checked again.
Result<void> RedisBroker::rejectPhpClassNames(std::span<const EncodedTask> tasks) const {
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
Result<void> RedisBroker::push(std::span<const EncodedTask> tasks) {
  std::vector<const EncodedTask*> distinct;
  std::unordered_set<std::string_view> seen;
  seen.reserve(tasks.size());
  for (const auto& task : tasks) {
    if (seen.insert(task.id).second) distinct.push_back(&task);
  }
  const auto call = calls::pushTasks(*queue_, distinct);
  LEPTIR_FAILPOINT("redis.push.before_send");
  const auto pushed = runScript(connection_, call);
  LEPTIR_FAILPOINT("redis.push.after_reply");
  // For a push, Invalid would tell the caller that one of its tasks is wrong.
  if (!pushed && pushed.error().code() == ErrorCode::Invalid)
    return Error(ErrorCode::Unavailable, pushed.error().message());
  if (!pushed) return pushed.error();
  const auto added = RedisExpect(connection_).integer(pushed->value(), 0, static_cast<std::int64_t>(distinct.size()));
  return added ? Result<void>() : added.error();
}

Result<TaskCounts> RedisBroker::tasksCount() {
  const auto reply = runScript(connection_, calls::countTasks(*queue_));
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

Result<std::unique_ptr<BrokerSession>> RedisBroker::openSession(const SessionId& session, const SessionInfo& info,
                                                                Duration lease) {
  LEPTIR_FAILPOINT("redis.open_session.before_send");
  const auto opened = runScript(connection_, calls::openSession(*queue_, session, info, lease));
  LEPTIR_FAILPOINT("redis.open_session.after_reply");
  if (!opened) return opened.error();
  const auto isNew = RedisExpect(connection_).integer(opened->value(), 0, 1);
  if (!isNew) return isNew.error();
  if (*isNew == 0) {
    return Error(ErrorCode::Invalid, connection_.address().where() + ": epoch " + std::to_string(session.epoch) +
                                         " of this instance, or a later one, was opened before");
  }
  queue_->ownInstances.insert(session.instance);
  return std::make_unique<RedisSession>(queue_, RedisKeys::nameOf(session));
}

Result<std::unique_ptr<BrokerSession>> RedisBroker::resumeSession(const SessionId& session) {
  auto resumed = std::make_unique<RedisSession>(queue_, RedisKeys::nameOf(session));
  if (auto open = resumed->checkOpen(); !open) return open.error();
  queue_->ownInstances.insert(session.instance);
  return resumed;
}

Result<void> RedisBroker::endSessionsOf(std::string_view instance) {
  const auto ended = runScript(connection_, calls::endSessions(*queue_, instance));
  if (!ended) return ended.error();
  const auto count = RedisExpect(connection_).integer(ended->value(), 0, std::numeric_limits<std::int64_t>::max());
  return count ? Result<void>() : count.error();
}

BrokerTraits RedisBroker::traits() const {
  BrokerTraits traits;
  traits.everyPushWakes = false;
  traits.listsTasks = traits.listsLatestFirst = traits.reschedules = traits.keepsFleet = true;
  traits.durability = serverInfo_.durability;
  traits.warnings = serverInfo_.warnings();
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
