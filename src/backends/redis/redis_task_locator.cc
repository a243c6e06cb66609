#include "backends/redis/redis_task_locator.h"

#include <algorithm>
#include <limits>

#include "backends/redis/redis_buried_tasks.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_scan_step.h"
#include "task/envelope_counters.h"

namespace leptir::redis {

using Found = RedisTaskLocator::Found;

// Between two requests a task may move on, from the queue into a session or back, so its states are checked in this
// order, twice.
Result<Found> RedisTaskLocator::locate(std::string_view asked) {
  const auto id = task::escapedId(asked);
  for (int looks = 0; looks < 2; ++looks) {
    const auto known = connection_.run({"HGET", keys_.ids, id});
    if (!known) return known.error();
    if (auto fits = RedisExpect(connection_).textOrNil(known->value()); !fits) return fits.error();
    const auto score = known->value().text();
    if (score.starts_with(kBuriedEntryPrefix)) {
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

Result<Found> RedisTaskLocator::locateBuried(const std::string& id, std::string_view idEntry) {
  auto task = readBuriedTask(queue_, id, idEntry);
  if (!task) return task.error();
  if (!*task) return Found();
  return Found(TaskLocation{.task = std::move(**task), .escapedId = id});
}

// Finds a task by its score. Of several members with that score, one without an id matches only if the value in `ids`
// says that the task has none.
Result<Found> RedisTaskLocator::locateAtScore(const std::string& id, std::string_view score) {
  const bool hasNoId = score.starts_with(kNoIdEntryPrefix);
  if (hasNoId) score.remove_prefix(kNoIdEntryPrefix.size());
  const auto members = countQueueMembers();
  if (!members) return members.error();
  std::string first = "0";
  for (std::int64_t steps = 0; steps <= *members; ++steps) {  // each step visits at least one member
    const auto page = runScript(connection_, calls::scanScore(queue_, score, first));
    if (!page) return page.error();
    if (auto fits = checkPage(page->value()); !fits) return fits.error();
    const auto envelopes = page->value()[1];
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
      const auto envelope = envelopes[i].text();
      if (task::escapedIdIn(envelope) == (hasNoId ? "" : id)) return waitingTask(id, envelope, score);
    }
    first = page->value()[0].text();
    if (first == "0") return Found();
  }
  return endlessSearch(connection_, "the queue");
}

// Checks a reply of scanScore: [where the next step begins or "0", texts].
Result<void> RedisTaskLocator::checkPage(RedisValue page) const {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(page, 2); !fits) return fits;
  if (auto fits = expect.textOrNil(page[0]); !fits) return fits;
  return expect.texts(page[1]);
}

Result<std::int64_t> RedisTaskLocator::countQueueMembers() {
  const auto members = connection_.run({"ZCARD", keys_.queue});
  if (!members) return members.error();
  return RedisExpect(connection_).integer(members->value(), 0, std::numeric_limits<std::int64_t>::max());
}

Result<Found> RedisTaskLocator::locateLeased(const std::string& id, std::string_view score) {
  const auto sessions = runScript(connection_, calls::listSessionNames(queue_, calls::WhichSessions::OpenAndClaimed));
  if (!sessions) return sessions.error();
  const auto names = sessions->value();
  if (auto fits = RedisExpect(connection_).texts(names); !fits) return fits.error();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto found = locateInSession(id, names[i].text(), score); !found || *found) return found;
  }
  return Found();
}

Result<Found> RedisTaskLocator::locateInSession(const std::string& id, std::string_view session,
                                                std::string_view score) {
  auto held = readLeased(queue_, session, Reading::AllReadOnly);
  if (!held && held.error().code() == ErrorCode::Unavailable) return held.error();
  if (!held) return Found();  // the key holds another program's value: no session of leptir
  const auto task = std::ranges::find_if(*held, [&](auto& each) { return task::escapedIdIn(each.envelope) == id; });
  if (task == held->end()) return Found();
  return Found(TaskLocation{.task = {.id = task::unescapedId(id),
                                     .state = TaskState::Leased,
                                     .due = timeFromRedis(score),
                                     .counters = task->counters,
                                     .envelope = std::move(task->envelope)},
                            .escapedId = id,
                            .leasedKey = keys_.leasedBy(session),
                            .leaseNumber = std::to_string(task->lease.number)});
}

// Tasks of other programs are not in `ids`: scans the whole queue, in steps.
Result<Found> RedisTaskLocator::locateByScan(std::string_view asked, const std::string& id) {
  const auto members = countQueueMembers();
  if (!members) return members.error();
  std::string cursor = "0";
  ScanStep step;
  for (auto left = maxScannedBuckets(*members); left > 0; left -= step.buckets()) {
    const auto page = runScript(connection_, calls::scanQueue(queue_, cursor, step.buckets(), asked, id));
    if (!page) return page.error();
    const auto bytes = checkScanned(page->value());
    if (!bytes) return bytes.error();
    const auto found = page->value()[1];
    for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
      const auto envelope = found[i].text();
      if (task::escapedIdIn(envelope) == id) return waitingTask(id, envelope, found[i + 1].text());
    }
    cursor = page->value()[0].text();
    if (cursor == "0") return Found();
    step.adapt(*bytes);
  }
  return endlessSearch(connection_, "the queue");
}

// Checks a reply of scanQueue: [where the next step begins or "0", texts, bytes visited]; returns the bytes.
Result<std::int64_t> RedisTaskLocator::checkScanned(RedisValue page) const {
  const RedisExpect expect(connection_);
  if (auto fits = expect.list(page, 3); !fits) return fits.error();
  if (auto fits = expect.textOrNil(page[0]); !fits) return fits.error();
  if (auto fits = expect.texts(page[1]); !fits) return fits.error();
  return expect.integer(page[2], 0, std::numeric_limits<std::int64_t>::max());
}

Result<Found> RedisTaskLocator::waitingTask(const std::string& id, std::string_view envelope, std::string_view score) {
  const auto time = now();
  if (!time) return time.error();
  const auto due = timeFromRedis(score);
  return Found(TaskLocation{.task = {.id = task::unescapedId(id),
                                     .state = due <= *time ? TaskState::Due : TaskState::Scheduled,
                                     .due = due,
                                     .counters = task::countersIn(envelope),
                                     .envelope = std::string(envelope)},
                            .escapedId = id});
}

// The server's time.
Result<Time> RedisTaskLocator::now() {
  const auto time = connection_.run({"TIME"});
  if (!time) return time.error();
  if (auto fits = RedisExpect(connection_).texts(time->value(), 2, RedisExpect::Nils::Refused); !fits)
    return fits.error();
  constexpr std::int64_t kMaxSeconds = std::int64_t{1} << 40;
  const auto seconds = std::clamp<std::int64_t>(time->value()[0].integer(), -kMaxSeconds, kMaxSeconds);
  return Time(Duration(seconds * 1'000'000 + std::clamp<std::int64_t>(time->value()[1].integer(), 0, 999'999)));
}

}  // namespace leptir::redis
