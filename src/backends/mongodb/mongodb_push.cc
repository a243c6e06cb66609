#include "backends/mongodb/mongodb_push.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "backends/mongodb/task_document.h"
#include "backends/mongodb/task_update.h"
#include "base/failpoint.h"
#include "base/id_list.h"

namespace leptir::mongodb {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What a document must leave free of the server's limit for the fields of a lease or a burial.
constexpr std::int64_t kReservedLeaseBytes = 16 * 1024;
// An `_id` is taken once in a hundred times where two tasks have the same microsecond; each try adds four digits.
constexpr int kMaxTries = 6;

}  // namespace

Result<void> MongodbPush::push(std::span<const EncodedTask> tasks) {
  if (tasks.empty()) return {};
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  auto batch = makeDocuments(distinctById(tasks, *now));
  if (!batch) return batch.error();
  if (auto adopted = adopt(); !adopted) return notAdded(*batch, true, adopted.error());
  if (!queue_.hasUniqueIds) {
    if (auto known = dropKnown(*batch); !known) return known.error().error();
  }
  Attempts attempts;
  const auto inserted = insertUntilKnown(*batch, attempts);
  if (inserted) return {};
  // One more look, so that the error names no task that was added.
  const bool isKnown = attempts.isEarly() && dropKnown(*batch).has_value();
  return notAdded(*batch, isKnown, inserted.error());
}

// The id of a task that another program has pushed is known once its document is adopted. A user who may not change
// documents leaves that to others.
MongodbResult<void> MongodbPush::adopt() {
  const auto adopted = adoption_.adoptFromTimeToTime();
  if (!adopted && isConnectionLost(adopted.error())) return tl::unexpected(adopted.error());
  return {};
}

// Of tasks with the same id in the list only the first is pushed. Tasks of one millisecond get `_id`s in the order of
// the list; those that are due at once also in the order of their pushes.
std::vector<MongodbPush::Pending> MongodbPush::distinctById(std::span<const EncodedTask> tasks, Time now) {
  std::vector<Pending> all;
  all.reserve(tasks.size());
  std::unordered_set<std::string_view> seen;
  std::map<Time, Time> lastOf;
  for (const auto& task : tasks) {
    if (!seen.insert(task.id).second) continue;
    const auto due = task.timeOfExecution.value_or(now);
    auto& last = task.timeOfExecution ? lastOf[std::chrono::floor<milliseconds>(due)] : lastImmediateDue_;
    last = std::max(due, last + microseconds(1));
    all.push_back({.task = &task, .due = due, .order = last});
  }
  return all;
}

// All documents are made before the first is sent, so that a task that the store cannot hold adds none.
Result<MongodbPush::Batch> MongodbPush::makeDocuments(std::span<const Pending> tasks) const {
  const auto maxBytes = static_cast<std::size_t>(queue_.server.maxDocumentBytes - kReservedLeaseBytes);
  Batch batch;
  batch.documents.reserve(tasks.size());
  for (const auto& each : tasks) {
    if (each.task->envelope.size() > kLargestEnvelope) {
      return Error(ErrorCode::TooLarge, fmt::format("task {}: {} bytes, more than the {} that fit into a document",
                                                    each.task->id, each.task->envelope.size(), kLargestEnvelope));
    }
    auto document = taskDocument(*each.task, each.due, maxBytes, documentId(each.order, each.tries));
    if (!document) return document.error();
    batch.documents.push_back(std::move(*document));
  }
  batch.tasks.assign(tasks.begin(), tasks.end());
  return batch;
}

// A command whose reply was lost is sent again: what it has added already is refused as a duplicate then, and the
// server answers only once a majority has it.
MongodbResult<void> MongodbPush::insertUntilKnown(Batch& batch, Attempts& attempts) {
  while (!batch.tasks.empty()) {
    LEPTIR_FAILPOINT("mongodb.push.before_send");
    const auto inserted = insert(batch);
    LEPTIR_FAILPOINT("mongodb.push.after_reply");
    if (inserted) continue;
    if (!attempts.mayRepeat(inserted.error())) return inserted;
  }
  return {};
}

void MongodbPush::append(Batch some, Batch& to) {
  to.tasks.insert(to.tasks.end(), some.tasks.begin(), some.tasks.end());
  std::ranges::move(some.documents, std::back_inserter(to.documents));
}

// Afterwards `batch` has the tasks that must be inserted again.
MongodbResult<void> MongodbPush::insert(Batch& batch) {
  const auto reply = client_.insertAll(queue_.tasks, batch.documents);
  if (!reply) return tl::unexpected(reply.error());
  Batch duplicates, left;
  std::optional<MongodbError> refusal;
  for (const auto& failure : reply->failures) {
    const bool isDuplicate = failure.error.remedy == Remedy::Duplicate;
    if (!isDuplicate) refusal = failure.error;
    auto& to = isDuplicate ? duplicates : left;
    to.tasks.push_back(batch.tasks[failure.index]);
    to.documents.push_back(std::move(batch.documents[failure.index]));
  }
  batch = std::move(left);
  if (auto resolved = resolveDuplicates(std::move(duplicates), batch); !resolved) return resolved;
  if (refusal) return tl::unexpected(*refusal);
  return {};
}

// A task is a duplicate if the queue has a task with its id, or another document has the `_id` that was made for it.
// Drops the tasks of the first kind; gives those of the second kind new `_id`s and appends them to `left`.
MongodbResult<void> MongodbPush::resolveDuplicates(Batch duplicates, Batch& left) {
  if (duplicates.tasks.empty()) return {};
  if (auto known = dropKnown(duplicates); !known) {
    append(std::move(duplicates), left);
    return known;
  }
  for (auto& each : duplicates.tasks) ++each.tries;
  const bool isStuck = std::ranges::any_of(duplicates.tasks, [](const auto& each) { return each.tries > kMaxTries; });
  auto made = makeDocuments(duplicates.tasks);
  append(made ? std::move(*made) : std::move(duplicates), left);
  if (made && !isStuck) return {};
  return tl::unexpected(MongodbError{
      .message = fmt::format("{}: another document has each `_id` that was tried; push again", client_.where())});
}

// Drops the tasks whose ids are in the queue.
MongodbResult<void> MongodbPush::dropKnown(Batch& batch) {
  std::vector<std::string> ids;
  for (const auto& each : batch.tasks) ids.push_back(each.task->id);
  const auto found =
      client_.find(queue_.tasks, Document().add(field::kId, op("$in", std::span<const std::string>(ids))),
                   Document().add("projection", Document().add(field::kId, 1)));
  if (!found) return tl::unexpected(found.error());
  std::unordered_set<std::string_view> known;
  for (const auto& document : *found) known.insert(DocumentView(document).text(field::kId).value_or(""));
  Batch left;
  for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
    if (known.contains(batch.tasks[i].task->id)) continue;
    left.tasks.push_back(batch.tasks[i]);
    left.documents.push_back(std::move(batch.documents[i]));
  }
  batch = std::move(left);
  return {};
}

Error MongodbPush::notAdded(const Batch& batch, bool isKnown, const MongodbError& why) {
  std::vector<std::string> ids;
  for (const auto& each : batch.tasks) ids.push_back(each.task->id);
  // For a push, Invalid would tell the caller that one of its tasks is wrong.
  const auto code = why.remedy == Remedy::Refuse ? why.error().code() : ErrorCode::Unavailable;
  if (ids.empty())
    return Error(code, why.message + "; all tasks of the push are in the queue, but perhaps not safe yet");
  return Error(code, fmt::format("{}; {}: {}", why.message,
                                 isKnown ? "these tasks were not added" : "these tasks were perhaps not added",
                                 base::idList(ids)));
}

}  // namespace leptir::mongodb
