#include "backends/redis/redis_keeper.h"

#include <limits>

#include "backends/redis/redis_buried_tasks.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_list_calls.h"
#include "backends/redis/redis_session_list.h"
#include "backends/redis/redis_task_lister.h"
#include "broker/cancel_requester.h"
#include "broker/keeper_errors.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// A task may change its state between being found and being changed: then it is located again, at most so often.
constexpr int kMaxLocateRounds = 20;

Error keepsMoving(std::string_view id) {
  return Error(ErrorCode::Unavailable, "task " + std::string(id) + " changes its state again and again; try later");
}

std::vector<std::string> escapedIds(std::span<const std::string> ids) {
  std::vector<std::string> escaped;
  for (const auto& id : ids) escaped.push_back(task::escapedId(id));
  return escaped;
}

}  // namespace

Result<FoundTask> RedisTaskKeeper::find(std::string_view id) {
  auto location = locator_.locate(id);
  if (!location) return location.error();
  if (!*location) return broker::noSuchTask(id);
  return std::move((*location)->task);
}

Result<void> RedisTaskKeeper::remove(std::string_view id) {
  for (int looks = 0; looks < kMaxLocateRounds; ++looks) {
    const auto location = locator_.locate(id);
    if (!location) return location.error();
    if (!*location) return broker::noSuchTask(id);
    if ((*location)->task.state == TaskState::Leased) return broker::taskLeasedError(id);
    const auto taken = removeTask(**location);
    if (!taken) return taken.error();
    if (*taken) return {};
  }
  return keepsMoving(id);
}

Result<CancelResult> RedisTaskKeeper::cancel(std::string_view id, std::string_view by) {
  for (int looks = 0; looks < kMaxLocateRounds; ++looks) {
    const auto location = locator_.locate(id);
    if (!location) return location.error();
    if (!*location) return broker::noSuchTask(id);
    const bool leased = (*location)->task.state == TaskState::Leased;
    const auto done = leased ? requestCancel(**location, by) : removeTask(**location);
    if (!done) return done.error();
    if (*done) return leased ? CancelResult::Requested : CancelResult::Removed;
  }
  return keepsMoving(id);
}

Result<bool> RedisTaskKeeper::removeTask(const TaskLocation& location) {
  const bool buried = location.task.state == TaskState::Buried;
  const auto reply =
      runScript(connection_, buried ? calls::removeBuried(*queue_, location.escapedId)
                                    : calls::removeWaiting(*queue_, location.task.envelope, location.escapedId));
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

Result<bool> RedisTaskKeeper::requestCancel(const TaskLocation& location, std::string_view by) {
  const auto reply = runScript(connection_, calls::requestCancel(*queue_, location.leasedKey, location.leaseNumber,
                                                                 location.escapedId, broker::requesterOrUnknown(by)));
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

Result<std::vector<FoundTask>> RedisTaskKeeper::listBuried(Page page) {
  if (page.limit == 0) return std::vector<FoundTask>();
  const auto first = std::to_string(page.offset), last = std::to_string(page.offset + page.limit - 1);
  const auto reply = connection_.run({"ZRANGE", queue_->keys.buried, first, last});
  if (!reply) return reply.error();
  const auto ids = reply->value();
  if (auto fits = RedisExpect(connection_).texts(ids); !fits) return fits.error();
  std::vector<std::string> escaped;
  for (std::size_t i = 0; i < ids.size(); ++i) escaped.emplace_back(ids[i].text());
  return readBuriedTasks(*queue_, escaped);
}

Result<std::vector<FoundTask>> RedisTaskKeeper::buriedAmong(std::span<const std::string> ids) {
  const auto reply = connection_.run({"HLEN", queue_->keys.buriedTasks});
  if (!reply) return reply.error();
  const auto buried = RedisExpect(connection_).integer(reply->value(), 0, std::numeric_limits<std::int64_t>::max());
  if (!buried) return buried.error();
  if (*buried == 0) return std::vector<FoundTask>();
  return readBuriedTasks(*queue_, escapedIds(ids));
}

Result<std::size_t> RedisTaskKeeper::revive(std::span<const std::string> ids) {
  prefetch_.expectAnotherList();
  return bulk_.revive(ids);
}

Result<std::size_t> RedisTaskKeeper::removeMany(std::span<const std::string> ids) {
  prefetch_.expectAnotherList();
  return bulk_.removeMany(ids);
}

// An operator changes what was listed: its members are remembered, so that they need not be searched.
Result<TaskList> RedisTaskKeeper::list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) {
  auto page = RedisTaskLister(*queue_, prefetch_, filter, limit).list(cursor);
  if (page) bulk_.remember(page->tasks);
  return page;
}

Result<std::optional<Time>> RedisTaskKeeper::earliestDue() {
  const auto reply = runScript(connection_, calls::earliestDue(*queue_));
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(connection_).textOrNil(reply->value()); !fits) return fits.error();
  if (reply->value().isNil()) return std::optional<Time>();
  return std::optional(timeFromRedis(reply->value().text()));
}

Result<std::vector<ListedSession>> RedisTaskKeeper::listSessions(Page page) {
  return redis::listSessions(*queue_, page);
}

}  // namespace leptir::redis
