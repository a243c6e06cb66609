#include "backends/redis/redis_keeper.h"

#include <algorithm>
#include <array>

#include "backends/redis/redis_buried.h"
#include "task/envelope_counters.h"

namespace leptir {
namespace {

// A task that moves while it is looked for is looked for again, so often.
constexpr int kMostLooks = 20;
// How many members of the queue one step of a search goes through.
constexpr std::string_view kScanAtOnce = "1000";
// Begins what stands in the list of ids for a buried task.
constexpr char kBuriedMark = 'b';
// Begins it for one that came malformed, was buried under an id that it got there and revived.
constexpr std::string_view kNamelessMark = "n";

Error notFound(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task " + std::string(id) + " in the queue");
}

Error restless(std::string_view id) {
  return Error(ErrorCode::Unavailable, "task " + std::string(id) + " moves while it is looked for; try again");
}

// As a pattern of the server's that matches just this text.
std::string patternOf(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[]^\\-").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// `mark` stands in the list of ids: the due time behind a letter.
FoundTask buriedTask(std::string_view escapedId, std::string_view mark, std::string_view text) {
  auto value = decodeBuried(text);
  return {.id = unescapedId(escapedId),
          .state = TaskState::Buried,
          .due = timeFromRedis(mark.substr(mark.empty() ? 0 : 1)),
          .counters = value.counters,
          .envelope = std::string(value.envelope),
          .reason = std::move(value.reason)};
}

}  // namespace

Result<FoundTask> RedisKeeper::find(std::string_view id) {
  auto place = look(id);
  if (!place) return place.error();
  if (!*place) return notFound(id);
  return std::move((*place)->task);
}

Result<void> RedisKeeper::remove(std::string_view id) {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    const auto place = look(id);
    if (!place) return place.error();
    if (!*place) return notFound(id);
    if ((*place)->task.state == TaskState::Leased)
      return Error(ErrorCode::Lost, "task " + std::string(id) + " is leased; cancel it instead");
    const auto taken = take(**place);
    if (!taken) return taken.error();
    if (*taken) return {};
  }
  return restless(id);
}

Result<Cancelled> RedisKeeper::cancel(std::string_view id, std::string_view by) {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    const auto place = look(id);
    if (!place) return place.error();
    if (!*place) return notFound(id);
    const bool leased = (*place)->task.state == TaskState::Leased;
    const auto done = leased ? wish(**place, by) : take(**place);
    if (!done) return done.error();
    if (*done) return leased ? Cancelled::Requested : Cancelled::Removed;
  }
  return restless(id);
}

Result<std::vector<FoundTask>> RedisKeeper::listBuried(Page page) {
  std::vector<FoundTask> listed;
  if (page.limit == 0) return listed;
  const auto first = std::to_string(page.offset), last = std::to_string(page.offset + page.limit - 1);
  const auto ids = connection_.run({"ZRANGE", keys_.buried, first, last});
  if (!ids) return ids.error();
  const auto found = ids->value();
  if (found.size() == 0) return listed;
  std::vector<std::string_view> words{"HMGET", keys_.buriedTasks};
  for (std::size_t i = 0; i < found.size(); ++i) words.push_back(found[i].text());
  connection_.append(words);
  words[1] = keys_.ids;
  connection_.append(words);
  const auto answers = connection_.exchange();
  if (!answers) return answers.error();
  const auto values = answers->at(0).value(), marks = answers->at(1).value();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!values[i].isNil()) listed.push_back(buriedTask(found[i].text(), marks[i].text(), values[i].text()));
  }
  return listed;
}

Result<std::size_t> RedisKeeper::revive(std::span<const std::string> ids) {
  if (ids.empty()) return 0;
  std::vector<std::string> escaped;
  for (const auto& id : ids) escaped.push_back(escapedId(id));
  std::vector<std::string_view> words{"HMGET", keys_.buriedTasks};
  words.insert(words.end(), escaped.begin(), escaped.end());
  const auto values = connection_.run(words);
  if (!values) return values.error();
  struct Row {
    std::string_view id, value;
    std::string envelope;
    std::string_view mark;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto value = values->value()[i];
    if (value.isNil()) continue;
    auto envelope = withCounters(decodeBuried(value.text()).envelope, {});
    const bool isNameless = escapedIdIn(envelope).empty();
    rows.push_back({escaped[i], value.text(), std::move(envelope), isNameless ? kNamelessMark : ""});
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
  return static_cast<std::size_t>(revived->value().integer());
}

// Nothing: it is nowhere. Between two questions it may move on, always forwards: waiting, leased, waiting again.
Result<std::optional<RedisKeeper::Place>> RedisKeeper::look(std::string_view asked) {
  const auto id = escapedId(asked);
  for (int looks = 0; looks < 2; ++looks) {
    const auto known = connection_.run({"HGET", keys_.ids, id});
    if (!known) return known.error();
    const auto score = known->value().text();
    if (score.starts_with(kBuriedMark)) {
      if (auto found = amongBuried(id, score); !found || *found) return found;
      continue;
    }
    if (!score.empty()) {
      if (auto found = atItsScore(id, score); !found || *found) return found;
    }
    if (auto found = amongLeased(id, score); !found || *found) return found;
  }
  return amongForeign(id);
}

Result<std::optional<RedisKeeper::Place>> RedisKeeper::amongBuried(const std::string& id, std::string_view mark) {
  const auto value = connection_.run({"HGET", keys_.buriedTasks, id});
  if (!value) return value.error();
  if (value->value().isNil()) return std::optional<Place>();
  return std::optional(Place{.task = buriedTask(id, mark, value->value().text()), .escapedId = id});
}

// Where two wait at one instant, only a mark tells that one without an id is meant: another's must not go for it.
Result<std::optional<RedisKeeper::Place>> RedisKeeper::atItsScore(const std::string& id, std::string_view score) {
  const bool isNameless = score.starts_with(kNamelessMark);
  if (isNameless) score.remove_prefix(kNamelessMark.size());
  const auto there = connection_.run({"ZRANGEBYSCORE", keys_.queue, score, score});
  if (!there) return there.error();
  for (std::size_t i = 0; i < there->value().size(); ++i) {
    const auto envelope = there->value()[i].text();
    if (escapedIdIn(envelope) != (isNameless ? "" : id)) continue;
    auto place = waiting(id, envelope, score);
    if (!place) return place.error();
    return std::optional(std::move(*place));
  }
  return std::optional<Place>();
}

Result<std::optional<RedisKeeper::Place>> RedisKeeper::amongLeased(const std::string& id, std::string_view score) {
  const auto sessions = connection_.run({"ZRANGE", keys_.sessions, "0", "-1"});
  if (!sessions) return sessions.error();
  for (std::size_t s = 0; s < sessions->value().size(); ++s) {
    const auto key = keys_.leasedBy(sessions->value()[s].text());
    const auto held = connection_.run({"HGETALL", key});
    if (!held) return held.error();
    for (std::size_t i = 0; i + 1 < held->value().size(); i += 2) {
      const auto envelope = held->value()[i + 1].text();
      if (escapedIdIn(envelope) != id) continue;
      return std::optional(Place{.task = {.id = unescapedId(id),
                                          .state = TaskState::Leased,
                                          .due = timeFromRedis(score),
                                          .counters = countersIn(envelope),
                                          .envelope = std::string(envelope)},
                                 .escapedId = id,
                                 .leasedKey = key,
                                 .number = std::string(held->value()[i].text())});
    }
  }
  return std::optional<Place>();
}

// What PHP pushed stands in no list of ids: the whole queue is gone through, a piece at a time.
Result<std::optional<RedisKeeper::Place>> RedisKeeper::amongForeign(const std::string& id) {
  const auto pattern = "*\"id\"*\"" + patternOf(id) + "\"*";
  std::string cursor = "0";
  do {
    const auto page = connection_.run({"ZSCAN", keys_.queue, cursor, "MATCH", pattern, "COUNT", kScanAtOnce});
    if (!page) return page.error();
    cursor = page->value()[0].text();
    const auto found = page->value()[1];
    for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
      if (escapedIdIn(found[i].text()) != id) continue;
      auto place = waiting(id, found[i].text(), found[i + 1].text());
      if (!place) return place.error();
      return std::optional(std::move(*place));
    }
  } while (cursor != "0");
  return std::optional<Place>();
}

Result<RedisKeeper::Place> RedisKeeper::waiting(const std::string& id, std::string_view envelope,
                                                std::string_view score) {
  const auto time = now();
  if (!time) return time.error();
  const auto due = timeFromRedis(score);
  return Place{.task = {.id = unescapedId(id),
                        .state = due <= *time ? TaskState::Due : TaskState::Scheduled,
                        .due = due,
                        .counters = countersIn(envelope),
                        .envelope = std::string(envelope)},
               .escapedId = id};
}

Result<Time> RedisKeeper::now() {
  const auto time = connection_.run({"TIME"});
  if (!time) return time.error();
  return Time(Duration(time->value()[0].integer() * 1'000'000 + time->value()[1].integer()));
}

Result<bool> RedisKeeper::take(const Place& place) {
  const bool buried = place.task.state == TaskState::Buried;
  const std::string_view ofBuried[]{keys_.buried, keys_.buriedTasks, keys_.ids};
  const std::string_view ofWaiting[]{keys_.queue, keys_.ids, keys_.cancel};
  const auto reply =
      buried
          ? connection_.runScript(queue_->scripts.takeBuried, ofBuried, std::array{std::string_view(place.escapedId)})
          : connection_.runScript(queue_->scripts.takeWaiting, ofWaiting,
                                  std::array{std::string_view(place.task.envelope), std::string_view(place.escapedId)});
  if (!reply) return reply.error();
  return reply->value().integer() != 0;
}

Result<bool> RedisKeeper::wish(const Place& place, std::string_view by) {
  const std::string_view names[]{place.leasedKey, keys_.cancel};
  const std::string_view arguments[]{place.number, place.escapedId, by.empty() ? "somebody" : by};
  const auto reply = connection_.runScript(queue_->scripts.wish, names, arguments);
  if (!reply) return reply.error();
  return reply->value().integer() != 0;
}

}  // namespace leptir
