#include "backends/mongodb/mongodb_lease.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "backends/mongodb/repeated.h"
#include "backends/mongodb/task_update.h"
#include "base/failpoint.h"

namespace leptir::mongodb {
namespace {

// Other instances may take what a search found; then the search is repeated, at most so often in one call.
constexpr int kMaxSearches = 8;
// The documents of one command that marks or reads them have at most so many bytes, unless it is one document. A server
// must answer each command within kMaxWaitMs, and writes whole documents: FerretDB on a machine whose processors
// had six times too much work did not mark 64 MiB within it.
constexpr std::size_t kMaxCommandBytes = std::size_t{8} << 20;

std::vector<DueTasks> splitIntoCommands(const DueTasks& found) {
  std::vector<DueTasks> parts;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < found.handles.size(); ++i) {
    if (parts.empty() || bytes + found.bytes[i] > kMaxCommandBytes) {
      parts.push_back({.lastNumber = found.lastNumber});
      bytes = 0;
    }
    bytes += found.bytes[i];
    parts.back().handles.push_back(found.handles[i]);
  }
  return parts;
}

}  // namespace

MongodbResult<std::vector<LeasedTask>> MongodbLease::lease(std::size_t limit, Time now) {
  if (auto adopted = adoption_.adoptFromTimeToTime(); !adopted) return tl::unexpected(adopted.error());
  if (limit == 1 && !queue_.server.isSharded) {
    auto one = leaseOne(now);
    if (!one) return tl::unexpected(one.error());
    if (*one) return std::vector<LeasedTask>{std::move(**one)};
  }
  return leaseMany(limit, now);
}

// A task whose last lease number is not below the new one is left to leaseMany, and so is a document that the server
// cannot mark.
MongodbResult<std::optional<LeasedTask>> MongodbLease::leaseOne(Time now) {
  const auto number = nextNumber(now, 0);
  const auto token = makeToken();
  const auto query =
      search_.searchFilter(now).add(field::kLease, op("$not", op("$gte", static_cast<std::int64_t>(number))));
  const auto reply = client_.write(Document()
                                       .add("findAndModify", queue_.tasks)
                                       .add("query", query)
                                       .add("sort", MongodbDueSearch::order())
                                       .add("update", marking(number, token))
                                       .add("new", true));
  if (reply) {
    const auto value = DocumentView(*reply).document("value");
    if (!value) return std::optional<LeasedTask>();
    if (handleOf(*value)) return leasedTask(*value);
    const Document unnamed(*value);
    if (auto repaired = adoption_.repair({&unnamed, 1}); !repaired) return tl::unexpected(repaired.error());
    return std::optional<LeasedTask>();
  }
  if (reply.error().remedy == Remedy::Refuse) return std::optional<LeasedTask>();
  if (!isConnectionLost(reply.error())) return tl::unexpected(reply.error());
  const auto marked = client_.find(queue_.tasks, Document().add(field::kSession, session_).add(field::kToken, token),
                                   Document().add("limit", 1));
  if (!marked) return tl::unexpected(marked.error());
  if (marked->empty()) return tl::unexpected(reply.error());
  return leasedTask(marked->front());
}

// Searches again where the documents of the first search are not enough: other instances have taken some, or they are
// larger than their envelopes. A failure after the first tasks is an error as well: fewer tasks than `limit` would say
// that no other task is due. The session holds the tasks that were leased before, and heldTasks() lists them.
MongodbResult<std::vector<LeasedTask>> MongodbLease::leaseMany(std::size_t limit, Time now) {
  std::vector<LeasedTask> tasks;
  std::size_t bytes = 0;
  for (int round = 0; round < kMaxSearches && tasks.size() < limit && bytes <= kMaxLeaseBytes; ++round) {
    const auto found = search_.find(limit - tasks.size(), kMaxLeaseBytes, now);
    if (!found) return tl::unexpected(found.error());
    auto leased = leaseFound(*found, now);
    if (!leased) return leased;
    for (auto& task : *leased) {
      bytes += task.envelope.size();
      tasks.push_back(std::move(task));
    }
    if (found->isComplete && leased->size() == found->handles.size()) break;
  }
  return tasks;
}

MongodbResult<std::vector<LeasedTask>> MongodbLease::leaseFound(const DueTasks& found, Time now) {
  std::vector<LeasedTask> tasks;
  for (const auto& part : splitIntoCommands(found)) {
    auto leased = leasePart(part, now);
    if (!leased) return leased;
    std::ranges::move(*leased, std::back_inserter(tasks));
  }
  return tasks;
}

MongodbResult<std::vector<LeasedTask>> MongodbLease::leasePart(const DueTasks& part, Time now) {
  const auto number = nextNumber(now, part.lastNumber + 1);
  const auto token = makeToken();
  LEPTIR_FAILPOINT("mongodb.lease.before_send");
  const auto marked = mark(part, number, token, now);
  LEPTIR_FAILPOINT("mongodb.lease.after_reply");
  if (!marked && !isConnectionLost(marked.error())) return tl::unexpected(marked.error());
  if (marked && *marked == 0) return std::vector<LeasedTask>();
  auto tasks = read(part, token);
  if (tasks && tasks->empty() && !marked) return tl::unexpected(marked.error());
  return tasks;
}

// Marks those that still wait. Returns how many; one command may have been applied in part when a document refused it.
MongodbResult<std::size_t> MongodbLease::mark(const DueTasks& candidates, std::uint64_t number,
                                              const std::string& token, Time now) {
  const auto filter = search_.dueFilter(now)
                          .add("_id", ids("$in", candidates.handles))
                          .add(field::kLease, op("$not", op("$gte", static_cast<std::int64_t>(number))));
  const auto statement = Document().add("q", filter).add("u", marking(number, token)).add("multi", true);
  const auto done = client_.updateAll(queue_.tasks, {&statement, 1});
  if (!done) return tl::unexpected(done.error());
  if (done->failures.empty()) return static_cast<std::size_t>(done->matched);
  if (done->failures.front().error.remedy != Remedy::Refuse) return tl::unexpected(done->failures.front().error);
  if (auto aside = markOrBury(candidates, number, token, now); !aside) return tl::unexpected(aside.error());
  return candidates.handles.size();
}

// Marks each document by itself, and buries those that have no room for the fields of a lease: a buried task needs less
// than one that waits.
MongodbResult<void> MongodbLease::markOrBury(const DueTasks& candidates, std::uint64_t number, const std::string& token,
                                             Time now) {
  std::vector<Document> marks;
  for (const auto& handle : candidates.handles) {
    auto filter = search_.dueFilter(now);
    addIdTo(filter, "_id", handle);
    marks.push_back(Document().add("q", filter).add("u", marking(number, token)));
  }
  const auto marked = client_.updateAll(queue_.tasks, marks);
  if (!marked) return tl::unexpected(marked.error());
  std::vector<Document> burials;
  for (const auto& failure : marked->failures) {
    auto filter = search_.dueFilter(now);
    addIdTo(filter, "_id", candidates.handles[failure.index]);
    TaskUpdate burial;
    burial.set(field::kState, state::kBuried).unset(field::kDue).set(field::kBuriedAt, queue_.nextBurialNumber(now));
    burials.push_back(updateStatement(filter, burial));
  }
  if (burials.empty()) return {};
  const auto buried = client_.updateAll(queue_.tasks, burials);
  if (!buried) return tl::unexpected(buried.error());
  for (const auto& failure : buried->failures) {
    const auto& handle = candidates.handles[marked->failures[failure.index].index];
    adoption_.leaveAlone(idFilter(handle), failure.error);
  }
  return noteBurials(candidates, *marked);
}

// A document that has no room for a lease has none for a reason either.
MongodbResult<void> MongodbLease::noteBurials(const DueTasks& candidates, const WriteReply& marked) {
  std::vector<std::string> handles;
  for (const auto& failure : marked.failures) handles.push_back(candidates.handles[failure.index]);
  const auto filter = Document().add("_id", ids("$in", handles)).add(field::kState, state::kBuried);
  const auto buried = client_.find(queue_.tasks, filter, Document().add("projection", Document().add(field::kId, 1)));
  if (!buried) return tl::unexpected(buried.error());
  for (const auto& document : *buried) {
    if (const auto id = DocumentView(document).text(field::kId))
      queue_.noteBurial(std::string(*id), "its document has no room for the fields of a lease");
  }
  return {};
}

// The documents with the token, in the order of the search.
MongodbResult<std::vector<LeasedTask>> MongodbLease::read(const DueTasks& candidates, const std::string& token) {
  const auto filter = Document().add("_id", ids("$in", candidates.handles)).add(field::kToken, token);
  const auto documents = client_.find(queue_.tasks, filter, Document());
  if (!documents) return tl::unexpected(documents.error());
  std::unordered_map<std::string_view, std::size_t> positions;
  for (const auto& handle : candidates.handles) positions.emplace(handle, positions.size());
  std::vector<LeasedTask> tasks;
  tasks.reserve(documents->size());
  for (const auto& document : *documents) tasks.push_back(leasedTask(document));
  std::ranges::sort(tasks, {}, [&](const LeasedTask& task) { return positions[task.lease.handle]; });
  return tasks;
}

Document MongodbLease::marking(std::uint64_t number, const std::string& token) const {
  return op("$set", Document()
                        .add(field::kState, state::kLeased)
                        .add(field::kSession, session_)
                        .add(field::kToken, token)
                        .add(field::kLease, static_cast<std::int64_t>(number)));
}

std::uint64_t MongodbLease::nextNumber(Time now, std::uint64_t atLeast) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
  lastNumber_ = std::max({micros, lastNumber_ + 1, atLeast});
  return lastNumber_;
}

}  // namespace leptir::mongodb
