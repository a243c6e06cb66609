// Operations::task and findByPrefix.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "base/task_names.h"
#include "leptir/operations.h"
#include "meta/record_keys.h"
#include "operations/fleet_entries.h"
#include "operations/local_instance.h"
#include "operations/running_task.h"
#include "operations/selection.h"
#include "operations/stores.h"

namespace leptir {
namespace {

namespace key = meta::key;

constexpr std::size_t kMaxIdsListed = 5;

template <class Value>
Value valueIn(const Json& json, const char* name, Value otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return otherwise;
  if constexpr (std::is_same_v<Value, std::string>)
    return found->is_string() ? found->get<std::string>() : otherwise;
  else
    return found->is_number() ? found->get<Value>() : otherwise;
}

PastAttempt attemptOf(const Json& entry) {
  return {.attempt = valueIn(entry, key::kAttempt, 0),
          .cause = valueIn(entry, key::kCause, std::string()),
          .returnCode = valueIn(entry, key::kReturnCode, 0),
          .started = valueIn(entry, key::kStarted, 0.0),
          .executionTime = valueIn(entry, key::kExecutionTime, 0.0)};
}

// The earlier attempts, and the one that the record itself is of.
std::vector<PastAttempt> attemptsIn(const Json& record) {
  std::vector<PastAttempt> attempts;
  if (!record.is_object()) return attempts;
  const auto history = record.find(key::kHistory);
  if (history != record.end() && history->is_array()) {
    for (const auto& entry : *history) {
      if (entry.is_object()) attempts.push_back(attemptOf(entry));
    }
  }
  auto last = attemptOf(record);
  if (last.cause.empty()) return attempts;  // it has not ended
  last.started = valueIn(record, key::kEnded, 0.0) - last.executionTime;
  attempts.push_back(std::move(last));
  return attempts;
}

class TaskSearch {
 public:
  TaskSearch(operations::Stores& stores, std::string_view id) : stores_(stores), id_(id) { details_.id = id; }

  // A record is saved before its task leaves the queue, so a task that ends meanwhile is found there. While a store
  // does not answer, the instance that runs one of its tasks may tell of that through its other stores.
  Result<TaskDetails> run() && {
    findInQueues();
    loadRecord();
    const bool isLeased = details_.queued && details_.queued->state == ListedState::Leased;
    const bool mayBeLeased = !details_.queued && !details_.unable.empty();
    if (isLeased || mayBeLeased) findInInstances();
    if (!details_.queued && details_.record.is_null() && !details_.running) return nothingFound();
    details_.attempts = attemptsIn(details_.record);
    return std::move(details_);
  }

 private:
  void findInQueues() {
    for (std::size_t i = 0; i < stores_.queues.size() && !details_.queued; ++i) {
      auto found = operations::askBroker(stores_, i, [&](SimpleBroker& broker) { return broker.keeper().find(id_); });
      if (found)
        details_.queued = operations::listedTaskOf(std::move(*found), stores_.queues.name(i));
      else if (!operations::isMissing(found.error()))
        details_.unable.push_back(found.error());
    }
  }

  void loadRecord() {
    if (stores_.records.size() == 0) return;
    auto record = stores_.records.loadMetaInfoById(id_);
    if (record)
      details_.record = std::move(*record);
    else if (!operations::isMissing(record.error()))
      details_.unable.push_back(record.error());
  }

  void findInInstances() {
    for (std::size_t i = 0; i < stores_.queues.size(); ++i) {
      const auto cards = operations::cardsAt(stores_, i);
      if (!cards) continue;
      for (const auto& card : *cards) findRunIn(card);
    }
  }

  // The card of the broker itself was written as lately as any other, and tells all of its tasks.
  void findRunIn(const fleet::InstanceCard& card) {
    if (findRunIn(card.running, card.instance)) return;
    for (const auto& other : card.others) {
      if (!details_.running && findRunIn(other.running, card.instance)) return;
    }
  }

  bool findRunIn(const std::vector<fleet::RunningTask>& tasks, const std::string& instance) {
    const auto task = std::ranges::find(tasks, id_, &fleet::RunningTask::id);
    if (task == tasks.end()) return false;
    details_.running = operations::runningTaskOf(*task);
    details_.instance = instance;
    return true;
  }

  Error nothingFound() const {
    if (!details_.unable.empty()) return details_.unable.front();
    return {ErrorCode::NotFound, "no task " + base::inQuotes(id_) + ": it is in no queue and has no record"};
  }

  operations::Stores& stores_;
  const std::string_view id_;
  TaskDetails details_;
};

// The different ids with this prefix, up to one more than are listed. An error if at most one was found and a store
// could not be asked: the task that is meant may be in that store. With two or more, such a store is passed over.
// `action`: only ids of tasks to which it applies.
Result<std::vector<std::string>> idsWithPrefix(Operations& operations, std::string_view prefix,
                                               std::optional<TaskAction::Kind> action) {
  std::vector<std::string> ids;
  std::optional<Error> unable;
  std::string cursor;
  do {
    auto page = operations.tasks({.idPrefix = std::string(prefix)}, cursor, 100);
    if (!page) return page.error();
    for (auto& task : page->tasks) {
      const bool counts = !action || appliesTo(*action, task.state);
      if (counts && std::ranges::count(ids, task.id) == 0) ids.push_back(std::move(task.id));
    }
    for (auto& error : page->unable) {
      if (error.code() != ErrorCode::Unsupported) unable = std::move(error);
    }
    cursor = std::move(page->cursor);
  } while (!cursor.empty() && ids.size() <= kMaxIdsListed);
  if (unable && ids.size() <= 1)
    return unable->in("it is not known which task has an id that begins with " + base::inQuotes(prefix) +
                      " (give the whole id)");
  return ids;
}

Error severalTasks(std::string_view prefix, const std::vector<std::string>& ids) {
  const auto shown = std::min(ids.size(), kMaxIdsListed);
  return {ErrorCode::Invalid,
          fmt::format("{} fits {}: {}{}; give more of the id", base::inQuotes(prefix),
                      ids.size() > kMaxIdsListed ? "more than five tasks" : std::to_string(ids.size()) + " tasks",
                      fmt::join(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                      ids.size() > shown ? ", …" : "")};
}

}  // namespace

Result<TaskDetails> Operations::task(std::string_view id) {
  if (auto valid = base::checkTaskId(id); !valid) return valid.error();
  return TaskSearch(*stores_, id).run();
}

Result<std::string> Operations::findByPrefix(std::string_view idPrefix, std::optional<TaskAction::Kind> action) {
  if (operations::findRunHere(*stores_, idPrefix)) return std::string(idPrefix);
  auto exact = task(idPrefix);
  if (exact) return std::string(idPrefix);
  if (exact.error().code() == ErrorCode::Invalid) return exact.error();
  auto ids = idsWithPrefix(*this, idPrefix, action);
  if (!ids) return ids.error();
  if (ids->empty() && action) return findByPrefix(idPrefix);
  if (ids->size() > 1) return severalTasks(idPrefix, *ids);
  if (ids->empty())
    return Error(ErrorCode::NotFound, "no task has the id, or the beginning of an id, " + base::inQuotes(idPrefix));
  return std::move(ids->front());
}

}  // namespace leptir
