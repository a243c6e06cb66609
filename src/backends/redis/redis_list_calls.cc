#include "backends/redis/redis_list_calls.h"

#include <algorithm>
#include <limits>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_task_batch.h"
#include "broker/filter_parts.h"

namespace leptir::redis {
namespace {

struct ListStep {
  const std::string& key;
  const std::string* valuesKey = nullptr;  // of the hash whose values are measured
  std::string from = "-inf", to = "+inf";  // scores
  std::string_view state{};
  const MemberPosition& position;
  StepLimits limits{};
  std::string_view name{}, idPrefix{};
  ListOrder order = ListOrder::EarliestFirst;
};

RedisScriptCall callOf(const RedisQueue& queue, const ListStep& step) {
  RedisScriptCall call(queue.scripts.listMembers);
  if (step.valuesKey == nullptr) call.keys(step.key);
  if (step.valuesKey != nullptr) call.keys(step.key, *step.valuesKey);
  call.arguments(std::string_view(step.from), std::string_view(step.to), step.state);
  call.arguments(std::string_view(step.position.score), std::string_view(step.position.beginning), step.position.skip);
  const auto& limits = step.limits;
  call.arguments(limits.members, std::min(limits.visited, kMaxMembersOfStep), limits.bytes, kLargestEnvelopeReply);
  call.arguments(step.name, step.idPrefix, std::string_view(step.order == ListOrder::LatestFirst ? "latest" : ""));
  return call;
}

// [position, size, …]
Result<std::map<std::size_t, std::size_t>> tooLargeIn(const RedisExpect& expect, RedisValue pairs,
                                                      std::size_t members) {
  std::map<std::size_t, std::size_t> tooLarge;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto position = expect.integer(pairs[i], 1, static_cast<std::int64_t>(members));
    const auto size = expect.integer(pairs[i + 1], 0, std::numeric_limits<std::int64_t>::max());
    if (!position || !size) return position ? size.error() : position.error();
    tooLarge.emplace(static_cast<std::size_t>(*position) - 1, static_cast<std::size_t>(*size));
  }
  return tooLarge;
}

std::string_view wordOf(const std::optional<TaskState>& state) {
  return state == TaskState::Due || state == TaskState::Scheduled ? nameOf(*state) : std::string_view();
}

Result<MemberPage> run(RedisQueue& queue, const ListStep& step) {
  auto reply = runScript(*queue.connection, callOf(queue, step));
  if (!reply) return reply.error();
  return memberPageOf(*queue.connection, std::move(*reply));
}

}  // namespace

// [server's time in µs, visited, [member, score, …], score, beginning, skip, [position, size, …]]
Result<MemberPage> memberPageOf(const RedisConnection& connection, RedisReply reply) {
  const RedisExpect expect(connection);
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  const auto answer = reply.value();
  if (auto fits = expect.list(answer, 7); !fits) return fits.error();
  const auto time = expect.integer(answer[0], 0, kMaxTimeSpan / Duration(1)),
             visited = expect.integer(answer[1], 0, kAny), skip = expect.integer(answer[5], 0, kAny);
  for (const auto* number : {&time, &visited, &skip}) {
    if (!*number) return number->error();
  }
  if (auto fits = expect.texts(answer[2]); !fits) return fits.error();
  for (const std::size_t i : {3, 4}) {
    if (auto fits = expect.textOrNil(answer[i]); !fits) return fits.error();
  }
  auto tooLarge = tooLargeIn(expect, answer[6], answer[2].size() / 2);
  if (!tooLarge) return tooLarge.error();
  MemberPage page{
      .reply = std::move(reply),
      .now = Time(Duration(*time)),
      .visited = static_cast<std::uint64_t>(*visited),
      .next = {std::string(answer[3].text()), std::string(answer[4].text()), static_cast<std::uint64_t>(*skip)}};
  page.tooLarge = std::move(*tooLarge);
  page.isLast = page.next.score.empty();
  page.members.reserve(answer[2].size() / 2);
  for (std::size_t i = 0; i + 1 < answer[2].size(); i += 2)
    page.members.push_back({answer[2][i].text(), answer[2][i + 1].text()});
  return page;
}

// Scores are doubles, and may differ from a time by less than a microsecond: a microsecond more is asked for.
Result<MemberPage> listWaiting(RedisQueue& queue, const TaskFilter& filter, const MemberPosition& from,
                               StepLimits limits) {
  ListStep step{.key = queue.keys.queue,
                .state = wordOf(filter.state),
                .position = from,
                .limits = limits,
                .name = broker::withoutBackslash(filter.name),
                .idPrefix = filter.idPrefix,
                .order = filter.order};
  if (filter.dueFrom && *filter.dueFrom > Time(-kMaxTimeSpan)) step.from = redisTime(*filter.dueFrom - Duration(1));
  if (filter.dueBefore && *filter.dueBefore < Time(kMaxTimeSpan)) step.to = redisTime(*filter.dueBefore + Duration(1));
  return run(queue, step);
}

Result<MemberPage> listBuriedIds(RedisQueue& queue, const TaskFilter& filter, const MemberPosition& from,
                                 StepLimits limits) {
  return run(queue, {.key = queue.keys.buried,
                     .valuesKey = &queue.keys.buriedTasks,
                     .position = from,
                     .limits = limits,
                     .idPrefix = filter.idPrefix,
                     .order = filter.order});
}

void appendListOfBuriedIds(RedisConnection& connection, const RedisQueue& queue, const MemberPosition& from,
                           std::size_t limit) {
  const ListStep step{
      .key = queue.keys.buried, .valuesKey = &queue.keys.buriedTasks, .position = from, .limits = {.members = limit}};
  connection.append(callOf(queue, step).words());
}

namespace calls {

RedisScriptCall earliestDue(const RedisQueue& queue) {
  RedisScriptCall call(queue.scripts.earliestDue);
  call.keys(queue.keys.queue);
  return call;
}

RedisScriptCall soleMembersAtScores(const RedisQueue& queue, std::span<const std::string> scores) {
  RedisScriptCall call(queue.scripts.soleMembersAtScores);
  call.keys(queue.keys.queue);
  call.arguments(kMaxChangeBytes);
  call.addEach(scores, [](const std::string& score) { return std::string_view(score); });
  return call;
}

RedisScriptCall removeTasks(const RedisQueue& queue, std::span<const WaitingTask> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.removeTasks);
  call.keys(keys.queue, keys.ids, keys.cancel);
  call.arguments(tasks.size());
  call.addEach(tasks, &WaitingTask::member).addEach(tasks, &WaitingTask::escapedId);
  return call;
}

RedisScriptCall removeBuriedTasks(const RedisQueue& queue, std::span<const std::string> escapedIds) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.removeBuriedTasks);
  call.keys(keys.buried, keys.buriedTasks, keys.ids);
  call.arguments(kMaxReplyBytes);
  call.addEach(escapedIds, [](const std::string& id) { return std::string_view(id); });
  return call;
}

RedisScriptCall rescheduleTasks(const RedisQueue& queue, std::span<const WaitingTask> tasks, std::optional<Time> due) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.rescheduleTasks);
  call.keys(keys.queue, keys.ids, keys.wake);
  call.arguments(tasks.size(), due ? redisTime(*due) : std::string());
  call.addEach(tasks, &WaitingTask::member).addEach(tasks, &WaitingTask::escapedId);
  return call;
}

}  // namespace calls
}  // namespace leptir::redis
