#include "backends/redis/redis_waiting_search.h"

#include <algorithm>
#include <utility>

#include "backends/redis/redis_buried_tasks.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_stored_values.h"
#include "backends/redis/redis_task_locator.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// The longest text with which all these ids begin, unescaped.
std::string commonPrefix(const std::set<std::string>& escapedIds) {
  std::string common = task::unescapedId(*escapedIds.begin());
  for (const auto& escaped : escapedIds) {
    const auto id = task::unescapedId(escaped);
    common.resize(static_cast<std::size_t>(std::ranges::mismatch(common, id).in1 - common.begin()));
  }
  return common;
}

}  // namespace

// Searches the tasks whose scores the hash `ids` has; `unknown` gets the others.
Result<void> RedisWaitingSearch::searchKnown(const std::set<std::string>& escapedIds, std::set<std::string>& unknown,
                                             std::uint64_t mostVisited) {
  const std::vector<std::string> ids(escapedIds.begin(), escapedIds.end());
  const auto idEntries = readFields(connection_, queue_.keys.ids, ids);
  if (!idEntries) return idEntries.error();
  std::map<std::string, Wanted> byScore;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::string_view idEntry = (*idEntries)[i].text;
    if (idEntry.starts_with(kBuriedEntryPrefix)) continue;
    const bool hasNoId = idEntry.starts_with(kNoIdEntryPrefix);
    if (hasNoId) idEntry.remove_prefix(kNoIdEntryPrefix.size());
    if (!isScore(idEntry)) {  // another program may have written anything
      unknown.insert(ids[i]);
      continue;
    }
    auto& wanted = byScore[std::string(idEntry)];
    hasNoId ? wanted.withoutIds.push_back(ids[i]) : static_cast<void>(wanted.ids.insert(ids[i]));
  }
  if (auto found = addSoleTasksAtScores(byScore); !found) return found;
  for (auto& [score, wanted] : byScore) {
    const auto due = timeFromRedis(score);
    auto searched = search({.dueFrom = due, .dueBefore = due + Duration(1)}, std::move(wanted), mostVisited);
    if (!searched) return searched;
  }
  return {};
}

// Most tasks are the only ones of their scores: they are read in one exchange, and leave `byScore`.
Result<void> RedisWaitingSearch::addSoleTasksAtScores(std::map<std::string, Wanted>& byScore) {
  std::vector<std::string> scores;
  for (const auto& [score, wanted] : byScore) {
    if (wanted.count() == 1) scores.push_back(score);
  }
  if (scores.empty()) return {};
  const auto reply = runScript(connection_, calls::soleMembersAtScores(queue_, scores));
  if (!reply) return reply.error();
  const auto members = reply->value();
  if (auto fits = RedisExpect(connection_).texts(members, scores.size(), RedisExpect::Nils::Allowed); !fits)
    return fits;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (members[i].isNil()) continue;
    const auto wanted = byScore.extract(scores[i]);
    auto id = wanted.mapped().take(task::escapedIdIn(members[i].text()));
    if (!id) continue;
    if (auto added = batch_.add({std::move(*id), std::string(members[i].text())}, members[i].text().size()); !added)
      return added;
  }
  return {};
}

// The server leaves out members whose ids do not begin with the common prefix of `escapedIds`.
Result<void> RedisWaitingSearch::searchQueue(std::set<std::string> escapedIds) {
  if (escapedIds.empty()) return {};
  const auto common = commonPrefix(escapedIds);
  return search({.idPrefix = common}, {.ids = std::move(escapedIds)}, kUnlimitedVisits);
}

// Searches the members that may match the filter, in their order.
Result<void> RedisWaitingSearch::search(const TaskFilter& filter, Wanted wanted, std::uint64_t mostVisited) {
  MemberPosition from;
  for (std::uint64_t visited = 0; wanted.count() > 0 && visited < mostVisited;) {
    const auto page = listWaiting(queue_, filter, from);
    if (!page) return page.error();
    for (const auto& [member, score] : page->members) {
      auto id = wanted.take(task::escapedIdIn(member));
      if (!id) continue;
      if (auto added = batch_.add({std::move(*id), std::string(member)}, member.size()); !added) return added;
    }
    if (page->isLast) return {};
    if (page->visited == 0) return endlessSearch(connection_, "the queue");
    visited += page->visited;
    from = page->next;
  }
  return {};
}

// Removes and returns the wanted id that a member with `escapedId` stands for; empty: any one of `withoutIds`.
std::optional<std::string> RedisWaitingSearch::Wanted::take(const std::string& escapedId) {
  if (!escapedId.empty()) {
    auto found = ids.extract(escapedId);
    return found.empty() ? std::nullopt : std::optional(std::move(found.value()));
  }
  if (withoutIds.empty()) return {};
  auto id = std::move(withoutIds.back());
  withoutIds.pop_back();
  return id;
}

}  // namespace leptir::redis
