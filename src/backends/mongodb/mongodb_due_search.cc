#include "backends/mongodb/mongodb_due_search.h"

#include <algorithm>

#include "backends/mongodb/left_to_others.h"
#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {

MongodbResult<DueTasks> MongodbDueSearch::find(std::size_t limit, std::size_t mostBytes, Time now) {
  const auto documents = findDocuments(limit, mostBytes, now);
  if (!documents) return tl::unexpected(documents.error());
  DueTasks found;
  std::vector<Document> broken;
  std::size_t bytes = 0;
  for (const auto& document : *documents) {
    if (bytes > mostBytes) break;
    const DocumentView view(document);
    const auto size = sizeOf(view);
    bytes += size;
    if (!isWellFormed(view)) {
      broken.push_back(document);
      continue;
    }
    found.handles.push_back(*handleOf(view));
    found.bytes.push_back(size);
    const auto number = view.integer(field::kLease).value_or(0);
    found.lastNumber = std::max(found.lastNumber, static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
  }
  found.isComplete = documents->size() < limit && bytes <= mostBytes && broken.empty();
  if (broken.empty()) return found;
  if (auto repaired = adoption_.repair(broken); !repaired) return tl::unexpected(repaired.error());
  return found;
}

// A server without $bsonSize sends whole documents, until they are enough: only so their sizes are known.
MongodbResult<std::vector<Document>> MongodbDueSearch::findDocuments(std::size_t limit, std::size_t mostBytes,
                                                                     Time now) {
  auto& client = *queue_.client;
  const auto count = static_cast<std::int64_t>(limit);
  if (!serverHasBsonSize()) {
    const auto options = Document().add("sort", order()).add("limit", count);
    return client.findUpTo(mostBytes, queue_.tasks, searchFilter(now), options);
  }
  // Not a `find` with a projection: FerretDB would compute that of each waiting document, a third of the time.
  const Document stages[]{op("$match", searchFilter(now)), op("$sort", order()), op("$limit", count),
                          op("$project", adoptionProjection().add("bytes", op("$bsonSize", "$$ROOT")))};
  return client.aggregate(queue_.tasks, stages);
}

// MongoDB 4.4 has $bsonSize, and expressions in projections.
bool MongodbDueSearch::serverHasBsonSize() const {
  constexpr std::int64_t kWireVersionOf44 = 9;
  return queue_.server.maxWireVersion >= kWireVersionOf44;
}

// The size of the whole document.
std::size_t MongodbDueSearch::sizeOf(DocumentView found) const {
  return serverHasBsonSize() ? static_cast<std::size_t>(found.integer("bytes").value_or(0)) : found.bytes();
}

MongodbResult<std::optional<Time>> MongodbDueSearch::nextDue(Time now) {
  Document waiting;
  DocumentView(searchFilter(now)).forEach([&](const ValueView& value) {
    if (value.key() != field::kDue) waiting.add(value.key(), value);
  });
  waiting.add(field::kDue, op("$gte", storableTime(Time::min())));  // other types than dates come before these
  const auto options =
      Document().add("projection", Document().add(field::kDue, 1)).add("sort", order()).add("limit", 1);
  const auto found = queue_.client->find(queue_.tasks, waiting, options);
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::optional<Time>();
  return DocumentView(found->front()).date(field::kDue);
}

Document MongodbDueSearch::dueFilter(Time now) const {
  auto filter = Document().add(field::kState, state::kWaiting).add(field::kDue, op("$lte", now));
  if (!leavesTasksToOthers_) return filter;
  return filter.add(field::kLeftToOthers, notLeftToOthersBy(session_, now));
}

Document MongodbDueSearch::searchFilter(Time now) const {
  auto filter = dueFilter(now);
  if (!queue_.unadoptable.empty()) filter.add("_id", ids("$nin", queue_.unadoptable));
  return filter;
}

Document MongodbDueSearch::order() {
  return Document().add(field::kDue, 1).add("_id", 1);
}

}  // namespace leptir::mongodb
