#include "backends/mongodb/mongodb_task_changes.h"

#include <iterator>
#include <utility>

#include "backends/mongodb/repeated.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

// Ids of tasks are UTF-8, and no filter takes other texts.
std::vector<std::string> utf8Ids(std::span<const std::string> ids) {
  std::vector<std::string> possible;
  for (const auto& id : ids) {
    if (base::isUtf8(id)) possible.push_back(id);
  }
  return possible;
}

std::optional<MongodbError> firstFailure(const WriteReply& reply) {
  return reply.failures.empty() ? std::nullopt : std::optional(reply.failures.front().error);
}

}  // namespace

Document unchangedFilter(DocumentView document) {
  Document filter;
  if (const auto id = document.find("_id")) filter.add("_id", *id);
  for (const char* const path : {field::kState, field::kLease}) {
    const auto value = document.find(path);
    value ? filter.add(path, *value) : filter.addNull(path);
  }
  return filter;
}

MongodbResult<std::vector<Document>> MongodbTaskChanges::findInStates(std::span<const std::string> ids,
                                                                      std::span<const std::string> states) {
  const auto possible = utf8Ids(ids);
  if (possible.empty()) return std::vector<Document>();
  const auto filter = Document()
                          .add(field::kId, op("$in", std::span<const std::string>(possible)))
                          .add(field::kState, op("$in", states));
  return client_.find(queue_.tasks, filter,
                      Document().add("projection", Document().add(field::kState, 1).add(field::kLease, 1)));
}

// Tasks of another producer may still lack their ids.
MongodbResult<std::vector<Document>> MongodbTaskChanges::findOrAdopt(std::span<const std::string> ids,
                                                                     std::span<const std::string> states) {
  auto found = findInStates(ids, states);
  if (!found || found->size() >= ids.size()) return found;
  const auto adopted = adoption_.adoptSome();
  if (!adopted && adopted.error().remedy != Remedy::Configure) return tl::unexpected(adopted.error());
  if (!adopted || *adopted == 0) return found;
  if (auto all = adoption_.adoptAll(); !all) return tl::unexpected(all.error());
  return findInStates(ids, states);
}

Result<std::size_t> MongodbTaskChanges::removeMany(std::span<const std::string> ids) {
  static const std::vector<std::string> kNotLeased{state::kWaiting, state::kBuried};
  auto found = findOrAdopt(ids, kNotLeased);
  if (!found) return found.error().error();
  const auto removed = remove(std::move(*found));
  return removed ? Result<std::size_t>(*removed) : removed.error().error();
}

// After a lost reply, tasks that are no longer there as they were found count as removed.
MongodbResult<std::size_t> MongodbTaskChanges::remove(std::vector<Document> found) {
  std::size_t removed = 0;
  Attempts attempts;
  while (!found.empty()) {
    std::vector<Document> statements, filters;
    for (const auto& document : found) {
      filters.push_back(unchangedFilter(document));
      statements.push_back(Document().add("q", filters.back()).add("limit", 1));
    }
    const auto done = client_.deleteAll(queue_.tasks, statements);
    if (done && done->failures.empty()) return removed + static_cast<std::size_t>(done->matched);
    const auto error = done ? *firstFailure(*done) : done.error();
    if (!attempts.mayRepeat(error)) return tl::unexpected(error);
    auto left = client_.find(queue_.tasks, Document().add("$or", std::span<const Document>(filters)),
                             Document().add("projection", Document().add(field::kState, 1).add(field::kLease, 1)));
    if (!left) return tl::unexpected(left.error());
    removed += found.size() - left->size();
    found = std::move(*left);
  }
  return removed;
}

Result<std::size_t> MongodbTaskChanges::reschedule(std::span<const std::string> ids, std::optional<Time> due) {
  static const std::vector<std::string> kWaits{state::kWaiting};
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto found = findOrAdopt(ids, kWaits);
  if (!found) return found.error().error();
  TaskUpdate change;
  change.set(field::kDue, due.value_or(*now));
  return update(*found, change);
}

Result<std::size_t> MongodbTaskChanges::revive(std::span<const std::string> ids) {
  static const std::vector<std::string> kBuried{state::kBuried};
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto found = findInStates(ids, kBuried);
  if (!found) return found.error().error();
  auto change = TaskUpdate::endLease(state::kWaiting);
  change.set(field::kDue, *now).set(Counters{}).unset(field::kReason).unset(field::kBuriedAt);
  return update(*found, change);
}

// After a lost reply, tasks that are no longer as they were found count as changed.
Result<std::size_t> MongodbTaskChanges::update(const std::vector<Document>& found, const TaskUpdate& update) {
  if (found.empty()) return 0;
  std::vector<Document> statements;
  for (const auto& document : found) statements.push_back(updateStatement(unchangedFilter(document), update));
  bool wasRetried = false;
  const auto done = repeatIfConnectionLost([&] {
    auto reply = client_.updateAll(queue_.tasks, statements);
    wasRetried = wasRetried || !reply;
    return reply;
  });
  if (!done) return done.error().error();
  if (const auto failure = firstFailure(*done)) return failure->error();
  return wasRetried ? found.size() : static_cast<std::size_t>(done->matched);
}

}  // namespace leptir::mongodb
