#include "backends/redis/redis_keeper.h"

#include <algorithm>
#include <array>
#include <limits>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_fields.h"
#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_scan_step.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// A task may change its state between being found and being changed: then it is located again, at most so often.
constexpr int kMaxAttempts = 20;
// Limits of one step of a search among the members of one score.
constexpr std::string_view kScanAtOnce = "1000", kMostBytesAtOnce = "67108864";
// In the hash `ids`, the value of a buried task begins with this letter; its due time follows.
constexpr char kBuriedMark = 'b';
// The value of a task that came without an id, was buried under a new id and then revived begins with this letter.
constexpr std::string_view kNoIdMark = "n";

Error notFound(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task " + std::string(id) + " in the queue");
}

// For a scan that has not ended after as many steps as it can have.
Error endlessScan(const RedisConnection& connection) {
  return Error(ErrorCode::Unavailable, connection.address().where() + ": a search through the queue does not end");
}

Error keepsMoving(std::string_view id) {
  return Error(ErrorCode::Unavailable, "task " + std::string(id) + " changes its state again and again; try later");
}

// `mark` is the value in the hash `ids`: a letter, then the due time.
FoundTask buriedTask(std::string_view escapedId, std::string_view mark, std::string_view text) {
  auto value = decodeBuried(text);
  return {.id = task::unescapedId(escapedId),
          .state = TaskState::Buried,
          .due = timeFromRedis(mark.substr(mark.empty() ? 0 : 1)),
          .counters = value.counters,
          .envelope = std::string(value.envelope),
          .reason = std::move(value.reason)};
}

}  // namespace

Result<FoundTask> RedisKeeper::find(std::string_view id) {
  auto place = locate(id);
  if (!place) return place.error();
  if (!*place) return notFound(id);
  return std::move((*place)->task);
}

Result<void> RedisKeeper::remove(std::string_view id) {
  for (int looks = 0; looks < kMaxAttempts; ++looks) {
    const auto place = locate(id);
    if (!place) return place.error();
    if (!*place) return notFound(id);
    if ((*place)->task.state == TaskState::Leased)
      return Error(ErrorCode::Lost, "task " + std::string(id) + " is leased; cancel it instead");
    const auto taken = removeTask(**place);
    if (!taken) return taken.error();
    if (*taken) return {};
  }
  return keepsMoving(id);
}

Result<CancelResult> RedisKeeper::cancel(std::string_view id, std::string_view by) {
  for (int looks = 0; looks < kMaxAttempts; ++looks) {
    const auto place = locate(id);
    if (!place) return place.error();
    if (!*place) return notFound(id);
    const bool leased = (*place)->task.state == TaskState::Leased;
    const auto done = leased ? requestCancel(**place, by) : removeTask(**place);
    if (!done) return done.error();
    if (*done) return leased ? CancelResult::Requested : CancelResult::Removed;
  }
  return keepsMoving(id);
}

Result<std::vector<FoundTask>> RedisKeeper::listBuried(Page page) {
  std::vector<FoundTask> listed;
  if (page.limit == 0) return listed;
  const auto first = std::to_string(page.offset), last = std::to_string(page.offset + page.limit - 1);
  const auto ids = connection_.run({"ZRANGE", keys_.buried, first, last});
  if (!ids) return ids.error();
  const auto found = ids->value();
  if (auto fits = RedisExpect(connection_).texts(found); !fits) return fits.error();
  if (found.size() == 0) return listed;
  std::vector<std::string> escaped;
  for (std::size_t i = 0; i < found.size(); ++i) escaped.emplace_back(found[i].text());
  return describeBuried(escaped);
}

Result<std::vector<FoundTask>> RedisKeeper::buriedAmong(std::span<const std::string> ids) {
  const auto reply = connection_.run({"HLEN", keys_.buriedTasks});
  if (!reply) return reply.error();
  const auto buried = RedisExpect(connection_).integer(reply->value(), 0, std::numeric_limits<std::int64_t>::max());
  if (!buried) return buried.error();
  if (*buried == 0) return std::vector<FoundTask>();
  std::vector<std::string> escaped;
  for (const auto& id : ids) escaped.push_back(task::escapedId(id));
  return describeBuried(escaped);
}

// Returns the buried tasks among `escapedIds`.
Result<std::vector<FoundTask>> RedisKeeper::describeBuried(std::span<const std::string> escapedIds) {
  auto values = readBuried(escapedIds);
  if (!values) return values.error();
  std::vector<std::string> ids, texts;
  for (std::size_t i = 0; i < escapedIds.size(); ++i) {
    if (!(*values)[i]) continue;
    ids.push_back(escapedIds[i]);
    texts.push_back(std::move(*(*values)[i]));
  }
  const auto marks = readFields(connection_, keys_.ids, ids);
  if (!marks) return marks.error();
  std::vector<FoundTask> found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    found.push_back(buriedTask(ids[i], (*marks)[i].text.value_or(""), texts[i]));
  }
  return found;
}

Result<std::size_t> RedisKeeper::revive(std::span<const std::string> ids) {
  if (ids.empty()) return 0;
  std::vector<std::string> escaped;
  for (const auto& id : ids) escaped.push_back(task::escapedId(id));
  const auto values = readFields(connection_, keys_.buriedTasks, escaped);
  if (!values) return values.error();
  struct Row {
    std::string_view id, value;
    std::string envelope;
    std::string_view mark;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& value = (*values)[i].text;
    if (!value) continue;  // not buried, or too large: a lease would bury it again
    auto envelope = task::withCounters(decodeBuried(*value).envelope, {});
    const bool hasNoId = task::escapedIdIn(envelope).empty();
    rows.push_back({escaped[i], *value, std::move(envelope), hasNoId ? kNoIdMark : ""});
  }
  if (rows.empty()) return 0;
  const auto count = std::to_string(rows.size());
  RedisArguments arguments{count};
  arguments.addBlock(rows, [](const Row& row) { return row.id; });
  arguments.addBlock(rows, [](const Row& row) { return row.value; });
  arguments.addBlock(rows, [](const Row& row) -> std::string_view { return row.envelope; });
  arguments.addBlock(rows, [](const Row& row) { return row.mark; });
  const std::string_view names[]{keys_.queue, keys_.ids, keys_.buried, keys_.buriedTasks, keys_.wake};
  const auto revived = connection_.runScript(queue_->scripts.revive, names, arguments.words());
  if (!revived) return revived.error();
  const auto number = RedisExpect(connection_).integer(revived->value(), 0, static_cast<std::int64_t>(rows.size()));
  if (!number) return number.error();
  return static_cast<std::size_t>(*number);
}

// Nothing: there is no such task. Between two requests a task may move on, from the queue into a session or back, so
// its states are checked in this order, twice.
Result<std::optional<RedisKeeper::TaskLocation>> RedisKeeper::locate(std::string_view asked) {
  const auto id = task::escapedId(asked);
  for (int looks = 0; looks < 2; ++looks) {
    const auto known = connection_.run({"HGET", keys_.ids, id});
    if (!known) return known.error();
    if (auto fits = RedisExpect(connection_).textOrNil(known->value()); !fits) return fits.error();
    const auto score = known->value().text();
    if (score.starts_with(kBuriedMark)) {
      if (auto found = locateBuried(id, score); !found || *found) return found;
      continue;
    }
    if (!score.empty()) {
      if (auto found = locateAtScore(id, score); !found || *found) return found;
    }
    if (auto found = locateLeased(id, score); !found || *found) return found;
  }
  return locateByScan(asked, id);
}

Result<std::optional<RedisKeeper::TaskLocation>> RedisKeeper::locateBuried(const std::string& id,
                                                                           std::string_view mark) {
  const auto value = readBuried(std::span(&id, 1));
  if (!value) return value.error();
  if (!value->front()) return std::optional<TaskLocation>();
  return std::optional(TaskLocation{.task = buriedTask(id, mark, *value->front()), .escapedId = id});
}

// Values in the hash of buried tasks; a value that is too large to be read is replaced by one without its envelope.
Result<std::vector<std::optional<std::string>>> RedisKeeper::readBuried(std::span<const std::string> escapedIds) {
  auto fields = readFields(connection_, keys_.buriedTasks, escapedIds);
  if (!fields) return fields.error();
  std::vector<std::optional<std::string>> values;
  for (auto& field : *fields) {
    if (field.isTooLarge()) field.text = encodeTooLarge(field.size);
    values.push_back(std::move(field.text));
  }
  return values;
}

// Finds a task by its score. Of several members with that score, one without an id matches only if the value in `ids`
// says that the task has none.
Result<std::optional<RedisKeeper::TaskLocation>> RedisKeeper::locateAtScore(const std::string& id,
                                                                            std::string_view score) {
  const bool hasNoId = score.starts_with(kNoIdMark);
  if (hasNoId) score.remove_prefix(kNoIdMark.size());
  const std::string_view names[]{keys_.queue};
  const auto largest = std::to_string(kLargestText);
  const auto members = membersOfQueue();
  if (!members) return members.error();
  std::string first = "0";
  for (std::int64_t steps = 0; steps <= *members; ++steps) {  // each step visits at least one member
    const std::string_view arguments[]{score, first, kScanAtOnce, kMostBytesAtOnce, largest};
    const auto page = connection_.runScript(queue_->scripts.atScore, names, arguments);
    if (!page) return page.error();
    if (auto fits = checkPage(page->value()); !fits) return fits.error();
    const auto there = page->value()[1];
    for (std::size_t i = 0; i < there.size(); ++i) {
      const auto envelope = there[i].text();
      if (task::escapedIdIn(envelope) != (hasNoId ? "" : id)) continue;
      auto place = waitingTask(id, envelope, score);
      if (!place) return place.error();
      return std::optional(std::move(*place));
    }
    first = page->value()[0].text();
    if (first == "0") return std::optional<TaskLocation>();
  }
  return endlessScan(connection_);
}

// Checks a reply of atScore: [where the next step begins or "0", texts].
Result<void> RedisKeeper::checkPage(RedisValue page) {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(page, 2); !fits) return fits;
  if (auto fits = expect.textOrNil(page[0]); !fits) return fits;
  return expect.texts(page[1]);
}

Result<std::int64_t> RedisKeeper::membersOfQueue() {
  const auto members = connection_.run({"ZCARD", keys_.queue});
  if (!members) return members.error();
  return RedisExpect(connection_).integer(members->value(), 0, std::numeric_limits<std::int64_t>::max());
}

Result<std::optional<RedisKeeper::TaskLocation>> RedisKeeper::locateLeased(const std::string& id,
                                                                           std::string_view score) {
  const auto longest = std::to_string(RedisKeys::kMaxSessionNameBytes);
  const std::string_view names[]{keys_.sessions}, arguments[]{longest};
  const auto sessions = connection_.runScript(queue_->scripts.listSessions, names, arguments);
  if (!sessions) return sessions.error();
  if (auto fits = RedisExpect(connection_).texts(sessions->value()); !fits) return fits.error();
  for (std::size_t s = 0; s < sessions->value().size(); ++s) {
    const auto session = sessions->value()[s].text();
    auto held = readLeased(*queue_, session, Reading::AllReadOnly);
    if (!held && held.error().code() == ErrorCode::Unavailable) return held.error();
    if (!held) continue;  // the key holds another program's value: no session of leptir
    for (auto& task : *held) {
      if (task::escapedIdIn(task.envelope) != id) continue;
      return std::optional(TaskLocation{.task = {.id = task::unescapedId(id),
                                                 .state = TaskState::Leased,
                                                 .due = timeFromRedis(score),
                                                 .counters = task.counters,
                                                 .envelope = std::move(task.envelope)},
                                        .escapedId = id,
                                        .leasedKey = keys_.leasedBy(session),
                                        .number = std::to_string(task.lease.number)});
    }
  }
  return std::optional<TaskLocation>();
}

// Tasks of other programs are not in `ids`: scans the whole queue, in steps.
Result<std::optional<RedisKeeper::TaskLocation>> RedisKeeper::locateByScan(std::string_view asked,
                                                                           const std::string& id) {
  const std::string_view names[]{keys_.queue};
  const auto largest = std::to_string(kLargestText);
  const auto members = membersOfQueue();
  if (!members) return members.error();
  std::string cursor = "0";
  ScanStep step;
  for (auto left = maxScannedBuckets(*members); left > 0; left -= step.places()) {
    const auto count = std::to_string(step.places());
    const std::string_view arguments[]{cursor, count, asked, id, largest};
    const auto page = connection_.runScript(queue_->scripts.scan, names, arguments);
    if (!page) return page.error();
    const auto bytes = checkScanned(page->value());
    if (!bytes) return bytes.error();
    const auto found = page->value()[1];
    for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
      if (task::escapedIdIn(found[i].text()) != id) continue;
      auto place = waitingTask(id, found[i].text(), found[i + 1].text());
      if (!place) return place.error();
      return std::optional(std::move(*place));
    }
    cursor = page->value()[0].text();
    if (cursor == "0") return std::optional<TaskLocation>();
    step.adapt(*bytes);
  }
  return endlessScan(connection_);
}

// Checks a reply of scan: [where the next step begins or "0", texts, bytes visited]; returns the bytes.
Result<std::int64_t> RedisKeeper::checkScanned(RedisValue page) {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(page, 3); !fits) return fits.error();
  if (auto fits = expect.textOrNil(page[0]); !fits) return fits.error();
  if (auto fits = expect.texts(page[1]); !fits) return fits.error();
  return expect.integer(page[2], 0, std::numeric_limits<std::int64_t>::max());
}

Result<RedisKeeper::TaskLocation> RedisKeeper::waitingTask(const std::string& id, std::string_view envelope,
                                                           std::string_view score) {
  const auto time = now();
  if (!time) return time.error();
  const auto due = timeFromRedis(score);
  return TaskLocation{.task = {.id = task::unescapedId(id),
                               .state = due <= *time ? TaskState::Due : TaskState::Scheduled,
                               .due = due,
                               .counters = task::countersIn(envelope),
                               .envelope = std::string(envelope)},
                      .escapedId = id};
}

Result<Time> RedisKeeper::now() {
  const auto time = connection_.run({"TIME"});
  if (!time) return time.error();
  if (auto fits = RedisExpect(connection_).texts(time->value(), 2, RedisExpect::Nils::Refused); !fits)
    return fits.error();
  constexpr std::int64_t kMostSeconds = std::int64_t{1} << 40;
  const auto seconds = std::clamp<std::int64_t>(time->value()[0].integer(), -kMostSeconds, kMostSeconds);
  return Time(Duration(seconds * 1'000'000 + std::clamp<std::int64_t>(time->value()[1].integer(), 0, 999'999)));
}

Result<bool> RedisKeeper::removeTask(const TaskLocation& place) {
  const bool buried = place.task.state == TaskState::Buried;
  const std::string_view ofBuried[]{keys_.buried, keys_.buriedTasks, keys_.ids};
  const std::string_view ofWaiting[]{keys_.queue, keys_.ids, keys_.cancel};
  const auto reply =
      buried
          ? connection_.runScript(queue_->scripts.removeBuried, ofBuried, std::array{std::string_view(place.escapedId)})
          : connection_.runScript(queue_->scripts.removeWaiting, ofWaiting,
                                  std::array{std::string_view(place.task.envelope), std::string_view(place.escapedId)});
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

Result<bool> RedisKeeper::requestCancel(const TaskLocation& place, std::string_view by) {
  const std::string_view names[]{place.leasedKey, keys_.cancel};
  const std::string_view arguments[]{place.number, place.escapedId, by.empty() ? "somebody" : by};
  const auto reply = connection_.runScript(queue_->scripts.requestCancel, names, arguments);
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

}  // namespace leptir::redis
