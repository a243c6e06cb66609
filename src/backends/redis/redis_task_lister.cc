#include "backends/redis/redis_task_lister.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backends/redis/redis_buried_tasks.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_stored_values.h"
#include "backends/redis/redis_task_locator.h"
#include "base/cursor.h"
#include "broker/task_match.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// Where tasks have many MiB each, a step visits only some of them, and a call ends after so many steps.
constexpr int kMaxSteps = 64;
constexpr std::size_t kLeasedAtOnce = 500;

// The due time of a leased task: what is known of it, or else as its envelope suggests.
Time dueOfLeased(const StoredValue& original, const StoredValue& known, std::string_view envelope) {
  if (original.isText()) return timeFromRedis(original.text);
  std::string_view score = known.text;
  if (score.starts_with(kNoIdEntryPrefix)) score.remove_prefix(kNoIdEntryPrefix.size());
  if (!score.empty() && !score.starts_with(kBuriedEntryPrefix)) return timeFromRedis(score);
  return timeFromRedis(scoreFromEnvelope(envelope));
}

}  // namespace

RedisTaskLister::RedisTaskLister(RedisQueue& queue, RedisBuriedPrefetch& prefetch, const TaskFilter& filter,
                                 std::size_t limit)
    : queue_(queue),
      connection_(*queue.connection),
      prefetch_(prefetch),
      expectsAnother_(prefetch.takeExpectation()),
      filter_(filter),
      limit_(std::clamp<std::size_t>(limit, 1, kMaxMembersOfStep)) {}

Result<TaskList> RedisTaskLister::list(std::string_view cursor) {
  at_ = listCursorIn(cursor);
  if (!at_) return base::noSuchCursor(cursor);
  while (at_ && !isFull()) {
    if (auto read = readPart(); !read) return read.error();
  }
  if (at_) list_.cursor = textOf(*at_);
  return std::move(list_);
}

bool RedisTaskLister::isFull() const {
  return list_.tasks.size() >= limit_ || list_.examined >= kMaxTasksExamined || bytes_ > kMaxPageBytes ||
         steps_ >= kMaxSteps;
}

Result<void> RedisTaskLister::readPart() {
  if (!broker::mayMatch(filter_, at_->part)) return goToNextPart(), Result<void>();
  ++steps_;
  switch (at_->part) {
    case Part::Waiting:
      return readWaiting();
    case Part::Leased:
      return readLeased();
    case Part::Buried:
      break;
  }
  return readBuried();
}

void RedisTaskLister::goToNextPart() {
  if (at_->part == Part::Buried) return at_.reset();
  at_ = ListCursor{.part = at_->part == Part::Waiting ? Part::Leased : Part::Buried};
}

void RedisTaskLister::addIfMatching(FoundTask task) {
  if (!broker::matches(task, filter_)) return;
  bytes_ += task.envelope.size();
  list_.tasks.push_back(std::move(task));
}

// --- waiting tasks

Result<void> RedisTaskLister::readWaiting() {
  auto page = listWaiting(queue_, filter_, at_->member,
                          {.members = limit_ - list_.tasks.size(),
                           .visited = static_cast<std::size_t>(kMaxTasksExamined - list_.examined),
                           .bytes = kMaxPageBytes - bytes_});
  if (!page) return page.error();
  list_.examined += page->visited;
  for (const auto& [envelope, score] : page->members) {
    const auto due = timeFromRedis(score);
    addIfMatching({.id = task::unescapedId(task::escapedIdIn(envelope)),
                   .state = due <= page->now ? TaskState::Due : TaskState::Scheduled,
                   .due = due,
                   .counters = task::countersIn(envelope),
                   .envelope = std::string(envelope)});
  }
  at_->member = std::move(page->next);
  if (page->isLast) goToNextPart();
  return {};
}

// --- leased tasks

Result<void> RedisTaskLister::readLeased() {
  if (auto loaded = loadSessions(); !loaded) return loaded;
  const auto session = std::ranges::lower_bound(*sessions_, at_->session);
  if (session == sessions_->end()) return goToNextPart(), Result<void>();
  if (*session != at_->session) at_ = ListCursor{.part = Part::Leased, .session = *session};
  return readSession(*session);
}

Result<void> RedisTaskLister::loadSessions() {
  if (sessions_) return {};
  const auto reply = runScript(connection_, calls::listSessionNames(queue_, calls::WhichSessions::OpenAndClaimed));
  if (!reply) return reply.error();
  const auto names = reply->value();
  if (auto fits = RedisExpect(connection_).texts(names); !fits) return fits;
  sessions_.emplace();
  for (std::size_t i = 0; i < names.size(); ++i) sessions_->emplace_back(names[i].text());
  std::ranges::sort(*sessions_);
  return {};
}

// A session whose key holds a value of another type has no tasks.
Result<void> RedisTaskLister::readSession(const std::string& session) {
  const auto numbers = listLeaseNumbers(queue_, session);
  if (!numbers && numbers.error().code() == ErrorCode::Unavailable) return numbers.error();
  auto left = numbers ? std::span(*numbers) : std::span<const std::uint64_t>();
  left = left.subspan(static_cast<std::size_t>(std::ranges::lower_bound(left, at_->lease) - left.begin()));
  while (!left.empty() && !isFull()) {
    const auto compared = static_cast<std::size_t>(kMaxTasksExamined - list_.examined);
    const auto room = std::min({left.size(), kLeasedAtOnce, limit_ - list_.tasks.size(), compared});
    const auto read = readLeasedTasks(session, left.first(room));
    if (!read) return read.error();
    at_->lease = left[*read - 1] + 1;
    left = left.subspan(*read);
  }
  if (left.empty()) at_ = ListCursor{.part = Part::Leased, .session = session + '\0'};  // the next session
  return {};
}

// Adds the first of the tasks with these lease numbers, as many as one step reads, and returns how many.
Result<std::size_t> RedisTaskLister::readLeasedTasks(const std::string& session,
                                                     std::span<const std::uint64_t> numbers) {
  std::vector<std::string> fields;
  for (const auto number : numbers) fields.push_back(std::to_string(number));
  const auto envelopes = readFirstFields(connection_, queue_.keys.leasedBy(session), fields, kMaxPageBytes - bytes_);
  if (!envelopes) return envelopes.error();
  std::vector<LeasedTask> leased;
  for (std::size_t i = 0; i < envelopes->size(); ++i) {
    if ((*envelopes)[i].isText()) leased.push_back(leasedTask(numbers[i], (*envelopes)[i].text));
  }
  list_.examined += envelopes->size();
  if (auto taken = addLeased(std::move(leased)); !taken) return taken.error();
  return envelopes->size();
}

Result<void> RedisTaskLister::addLeased(std::vector<LeasedTask> leased) {
  std::vector<std::string> ids, numbers;
  for (const auto& task : leased) {
    ids.push_back(task.lease.handle);
    numbers.push_back(std::to_string(task.lease.number));
  }
  const auto known = readFields(connection_, queue_.keys.ids, ids);
  if (!known) return known.error();
  const auto original = readFields(connection_, queue_.keys.originalScores, numbers);
  if (!original) return original.error();
  for (std::size_t i = 0; i < leased.size(); ++i) {
    auto& task = leased[i];
    addIfMatching({.id = task::unescapedId(ids[i]),
                   .state = TaskState::Leased,
                   .due = dueOfLeased((*original)[i], (*known)[i], task.envelope),
                   .counters = task.counters,
                   .envelope = std::move(task.envelope)});
  }
  return {};
}

// --- buried tasks

Result<void> RedisTaskLister::readBuried() {
  const auto most = maxBuriedOfStep();
  if (mayPrefetch()) {
    if (const auto page = prefetch_.take(at_->member, most)) return addBuried(*page);
  }
  const auto page = listBuriedIds(queue_, filter_, at_->member, {.members = most, .bytes = kMaxPageBytes - bytes_});
  if (!page) return page.error();
  return addBuried(*page);
}

bool RedisTaskLister::takesAllBuried() const {
  return filter_.name.empty() && filter_.idPrefix.empty() && filter_.reasonContains.empty() && !filter_.dueFrom &&
         !filter_.dueBefore;
}

bool RedisTaskLister::mayPrefetch() const {
  return takesAllBuried() && filter_.order == ListOrder::EarliestFirst && list_.examined == 0;
}

// Without a filter each task is one of the list.
std::size_t RedisTaskLister::maxBuriedOfStep() const {
  const auto left = static_cast<std::size_t>(kMaxTasksExamined - list_.examined);
  return std::min(takesAllBuried() ? limit_ - list_.tasks.size() : kMaxMembersOfStep, left);
}

// Where this page fills the list, the server lists the next one while this process reads the tasks of this one.
void RedisTaskLister::prefetchNext(const MemberPage& page) {
  const bool fillsTheList = page.members.size() == limit_ && !page.isLast;
  if (expectsAnother_ && fillsTheList && mayPrefetch()) prefetch_.ask(page.next, limit_);
}

// Reads those whose ids match; the next step begins with the first that found no room in the list.
Result<void> RedisTaskLister::addBuried(const MemberPage& page) {
  MeasuredTasks wanted;
  std::vector<bool> isWanted;  // for each member
  wanted.escapedIds.reserve(page.members.size());
  for (const auto& [id, order] : page.members) {
    isWanted.push_back(filter_.idPrefix.empty() || task::unescapedId(id).starts_with(filter_.idPrefix));
    if (!isWanted.back()) continue;
    if (const auto large = page.tooLarge.find(isWanted.size() - 1); large != page.tooLarge.end())
      wanted.tooLarge.emplace(wanted.escapedIds.size(), large->second);
    wanted.escapedIds.push_back(id);
  }
  const auto replies = readMeasuredTasks(queue_, wanted);
  if (!replies) return replies.error();
  prefetchNext(page);
  auto tasks = buriedTasksIn(wanted, *replies);
  const bool isFromEnd = filter_.order == ListOrder::LatestFirst;
  auto task = tasks.begin();
  for (std::size_t i = 0; i < page.members.size(); ++i) {
    const auto& [id, order] = page.members[i];
    if (isFull()) {
      if (!isFromEnd) at_->member = {.score = std::string(order), .beginning = std::string(id)};
      return {};
    }
    ++list_.examined;
    // When the list is read from its end, the cursor names the last member listed, not the next one.
    if (isFromEnd) at_->member = {.score = std::string(order), .beginning = std::string(id)};
    if (!isWanted[i]) continue;
    if (*task) addIfMatching(std::move(**task));
    ++task;
  }
  at_->member = page.next;
  if (page.isLast) goToNextPart();
  return {};
}

}  // namespace leptir::redis
