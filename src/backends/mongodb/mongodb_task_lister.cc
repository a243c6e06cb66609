#include "backends/mongodb/mongodb_task_lister.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "backends/mongodb/id_order.h"
#include "backends/mongodb/list_steps.h"
#include "backends/mongodb/task_update.h"
#include "base/cursor.h"
#include "broker/filter_parts.h"
#include "broker/task_match.h"

namespace leptir::mongodb {
namespace {

constexpr std::size_t kMaxWholeTasksPerRead = 20;  // they may have 16 MiB each

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Time timeOfUnixMs(std::int64_t sinceEpoch) {
  return Time(std::chrono::milliseconds(sinceEpoch));
}

std::optional<std::int64_t> dueIn(DocumentView document) {
  const auto due = document.date(field::kDue);
  return due ? std::optional(milliseconds(*due)) : std::nullopt;
}

// Finds the tasks of a state. A search finds arrays as their members: such documents have no place in an order, and are
// not listed until a lease has repaired them.
Document stateFilter(const char* state) {
  const auto absent = op("$exists", false);
  return Document()
      .add(field::kState, state)
      .add("leptir.0", absent)
      .add("leptir.state.0", absent)
      .add("leptir.due.0", absent)
      .add("leptir.buriedAt.0", absent);
}

// What the comparison with a filter needs.
Document comparedFields() {
  return Document()
      .add("cn", 1)
      .add("td.id", 1)
      .add(field::kId, 1)
      .add(field::kState, 1)
      .add(field::kDue, 1)
      .add(field::kReason, 1)
      .add(field::kBuriedAt, 1);
}

}  // namespace

MongodbTaskLister::MongodbTaskLister(MongodbQueue& queue, const TaskFilter& filter, std::size_t limit)
    : queue_(queue),
      client_(*queue.client),
      filter_(filter),
      limit_(std::clamp<std::size_t>(limit, 1, kMaxDocsPerStep)),
      comparesHere_(!filter.name.empty() || !filter.idPrefix.empty() || !filter.reasonContains.empty()) {}

Result<TaskList> MongodbTaskLister::list(std::string_view cursor) {
  at_ = listPositionIn(cursor);
  if (!at_) return base::noSuchCursor(cursor);
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  now_ = *now;
  while (at_ && !isFull()) {
    if (auto read = readPart(); !read) return read.error().error();
  }
  if (at_) list_.cursor = textOf(*at_);
  return std::move(list_);
}

bool MongodbTaskLister::isFull() const {
  return list_.tasks.size() >= limit_ || list_.examined >= kMaxTasksExamined || bytes_ > kMaxPageBytes;
}

// --- which documents come next

void MongodbTaskLister::goToNextPart() {
  if (at_->part == Part::Buried) return at_.reset();
  at_ = ListPosition{.part = at_->part == Part::Waiting ? Part::Leased : Part::Buried};
}

// They are asked for one after the other, so that the server reads each from an index, in its order.
std::vector<Document> MongodbTaskLister::filters() const {
  if (at_->part != Part::Buried) return filtersByDue();
  auto numbers = op("$gte", isLatestFirst() ? 0 : at_->key.value_or(0));
  if (isLatestFirst() && at_->key) numbers.add("$lte", *at_->key);
  auto filter = stateFilter(state::kBuried).add(field::kBuriedAt, numbers);
  if (at_->ids.empty()) return {filter};
  std::vector<std::string> handles;
  for (const auto& id : at_->ids)
    handles.emplace_back(reinterpret_cast<const char*>(bson_get_data(id.get())), id.bytes());
  return {filter.add("_id", ids("$nin", handles))};
}

std::vector<Document> MongodbTaskLister::filtersByDue() const {
  const auto state = stateFilter(at_->part == Part::Waiting ? state::kWaiting : state::kLeased);
  if (!at_->key) return {Document(state).add(field::kDue, dueRange())};
  std::vector<Document> filters;
  const auto sameDue = Document(state).add(field::kDue, timeOfUnixMs(*at_->key));
  for (const auto& behind :
       filtersAfter(*DocumentView(at_->ids.front()).find("_id"), isLatestFirst() ? IdOrder::Falling : IdOrder::Rising))
    filters.push_back(merged(sameDue, behind));
  filters.push_back(Document(state).add(field::kDue, dueRange()));
  return filters;
}

// Dates have milliseconds, and times microseconds: what lies at the ends is compared again.
Document MongodbTaskLister::dueRange() const {
  auto least = filter_.dueFrom ? milliseconds(storableTime(*filter_.dueFrom)) : milliseconds(storableTime(Time::min()));
  if (filter_.state == TaskState::Scheduled) least = std::max(least, milliseconds(now_));
  if (isLatestFirst()) return dueRangeLatestFirst(least);
  auto range = at_->key && *at_->key >= least ? op("$gt", timeOfUnixMs(*at_->key)) : op("$gte", timeOfUnixMs(least));
  if (const auto most = latestDue()) range.add("$lte", *most);
  return range;
}

Document MongodbTaskLister::dueRangeLatestFirst(std::int64_t least) const {
  auto range = op("$gte", timeOfUnixMs(least));
  const auto most = latestDue();
  const bool isBelow = at_->key && (!most || timeOfUnixMs(*at_->key) <= *most);
  if (isBelow) return range.add("$lt", timeOfUnixMs(*at_->key));
  if (most) range.add("$lte", *most);
  return range;
}

// The latest due time that the filter asks for.
std::optional<Time> MongodbTaskLister::latestDue() const {
  const bool isDue = filter_.state == TaskState::Due;
  if (!isDue && !filter_.dueBefore) return std::nullopt;
  auto most = isDue ? now_ : *filter_.dueBefore;
  if (filter_.dueBefore) most = std::min(most, *filter_.dueBefore);
  return storableTime(most);
}

// --- reading them

MongodbResult<void> MongodbTaskLister::readPart() {
  if (!broker::mayMatch(filter_, at_->part)) return goToNextPart(), MongodbResult<void>();
  const auto documents = readStep();
  if (!documents) return tl::unexpected(documents.error());
  if (documents->empty()) return goToNextPart(), MongodbResult<void>();
  return addMatching(*documents);
}

// The next documents; none: the part has no more.
MongodbResult<std::vector<Document>> MongodbTaskLister::readStep() {
  const auto room = static_cast<std::size_t>(kMaxTasksExamined - list_.examined);
  const auto most = std::min({comparesHere_ ? kMaxDocsPerStep : limit_ - list_.tasks.size(), kMaxDocsPerStep, room});
  const int direction = isLatestFirst() ? -1 : 1;
  const auto order = at_->part == Part::Buried ? Document().add(field::kBuriedAt, direction)
                                               : Document().add(field::kDue, direction).add("_id", direction);
  for (const auto& filter : filters()) {
    auto options =
        Document().add("sort", order).add("limit", static_cast<std::int64_t>(most)).add("maxTimeMS", kMaxStepMs);
    if (comparesHere_) options.add("projection", comparedFields());
    auto found = client_.findUpTo(kMaxPageBytes - bytes_, queue_.tasks, filter, options);
    if (!found || !found->empty()) return found;
  }
  return std::vector<Document>();
}

// Goes on up to the first document that the page has no room for.
MongodbResult<void> MongodbTaskLister::addMatching(const std::vector<Document>& documents) {
  for (std::size_t i = 0; i < documents.size() && !isFull();) {
    std::vector<const Document*> wanted;
    const auto room = std::min(limit_ - list_.tasks.size(), comparesHere_ ? kMaxWholeTasksPerRead : kMaxDocsPerStep);
    const auto first = i;
    for (; i < documents.size() && wanted.size() < room; ++i) {
      if (mayMatch(documents[i])) wanted.push_back(&documents[i]);
    }
    auto tasks = wholeTasks(wanted);
    if (!tasks) return tl::unexpected(tasks.error());
    std::size_t taken = 0;
    for (auto each = first; each < i && !isFull(); ++each) {
      advancePast(documents[each]);
      if (taken == wanted.size() || wanted[taken] != &documents[each]) continue;
      auto& task = (*tasks)[taken++];
      if (!task || !broker::matches(*task, filter_)) continue;
      bytes_ += task->envelope.size();
      list_.tasks.push_back(std::move(*task));
    }
  }
  return {};
}

// The document was compared: the list goes on behind it.
void MongodbTaskLister::advancePast(DocumentView document) {
  ++list_.examined;
  const bool isBuried = at_->part == Part::Buried;
  const auto number = isBuried ? document.integer(field::kBuriedAt) : dueIn(document);
  const auto key = number.value_or(at_->key.value_or(0));  // another program may have written a fraction
  if (!isBuried || at_->key != key) at_->ids.clear();
  at_->key = key;
  if (const auto id = document.find("_id")) at_->ids.push_back(Document().add("_id", *id));
}

bool MongodbTaskLister::mayMatch(DocumentView document) const {
  if (!comparesHere_) return true;
  const auto name = document.text("cn");
  if (!filter_.name.empty() && (!name || broker::withoutBackslash(*name) != broker::withoutBackslash(filter_.name)))
    return false;
  auto task = foundTask(document, now_);
  return task.id.starts_with(filter_.idPrefix) && task.reason.find(filter_.reasonContains) != std::string::npos;
}

// The whole task of each document, if it has the state in which it was found.
MongodbResult<std::vector<std::optional<FoundTask>>> MongodbTaskLister::wholeTasks(
    std::span<const Document* const> documents) {
  std::vector<std::optional<FoundTask>> tasks;
  if (!comparesHere_) {
    for (const auto* const document : documents) tasks.emplace_back(foundTask(*document, now_));
    return tasks;
  }
  if (documents.empty()) return tasks;
  std::vector<std::string> handles;
  for (const auto* const document : documents) {
    const auto id = DocumentView(*document).find("_id");
    const auto holder = id ? Document().add("_id", *id) : Document();
    handles.emplace_back(reinterpret_cast<const char*>(bson_get_data(holder.get())), holder.bytes());
  }
  const auto found = client_.find(queue_.tasks, Document().add("_id", ids("$in", handles)), Document());
  if (!found) return tl::unexpected(found.error());
  std::unordered_map<std::string, FoundTask> byId;
  for (const auto& document : *found) byId.emplace(hexOfId(document), foundTask(document, now_));
  for (const auto* const document : documents) {
    auto task = byId.extract(hexOfId(*document));
    const bool isSame = !task.empty() && task.mapped().state == foundTask(*document, now_).state;
    tasks.push_back(isSame ? std::optional(std::move(task.mapped())) : std::nullopt);
  }
  return tasks;
}

}  // namespace leptir::mongodb
