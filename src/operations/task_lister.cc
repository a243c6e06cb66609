#include "operations/task_lister.h"

#include <algorithm>
#include <utility>

#include "leptir/operations.h"
#include "operations/record_log.h"
#include "operations/selection.h"

namespace leptir::operations {
namespace {

// A storage cannot tell successes from failures by itself: a call may return no record that matches.
constexpr int kMaxCallsPerPage = 100;

bool isInvalid(const Error& error) {
  return error.code() == ErrorCode::Invalid;
}

Error newestFirstOnly() {
  return {ErrorCode::Unsupported, "this store lists its records with the newest first only"};
}

}  // namespace

bool TaskLister::isFull() const {
  return page_.tasks.size() >= limit_ || page_.examined >= kMaxTasksExamined || calls_ >= kMaxCallsPerPage;
}

Result<TaskPage> TaskLister::list(ListCursor cursor) {
  if (auto listed = listQueues(cursor); !listed) return listed.error();
  if (auto listed = listRecords(cursor); !listed) return listed.error();
  if (!answered_ && !page_.unable.empty()) return page_.unable.front();
  return std::move(page_);
}

Result<void> TaskLister::listQueues(ListCursor& cursor) {
  if (cursor.kind != ListCursor::Kind::Queue) return {};
  const auto indexes = brokersNamed(stores_, selection_.broker);
  if (!indexes) return indexes.error();
  while (asksQueues(selection_) && cursor.index < stores_.queues.size()) {
    if (isFull()) {
      page_.cursor = textOf(cursor);
      return {};
    }
    if (std::ranges::count(*indexes, cursor.index) == 0) {
      cursor = {.index = cursor.index + 1};
    } else if (auto listed = listQueue(cursor); !listed) {
      return listed;
    }
  }
  cursor = {.kind = ListCursor::Kind::Records};
  return {};
}

Result<void> TaskLister::listQueue(ListCursor& cursor) {
  ++calls_;
  auto listed = askBroker(
      stores_, cursor.index,
      [&](SimpleBroker& broker) -> Result<TaskList> {
        if (order_ == ListOrder::LatestFirst && !broker.traits().listsLatestFirst)
          return Error(ErrorCode::Unsupported, "this store lists its tasks with the earliest first only");
        return broker.keeper().list(taskFilterOf(selection_, order_), cursor.inner, limit_ - page_.tasks.size());
      },
      meaningOfInvalid(cursor.inner));
  if (!listed && isInvalid(listed.error())) return listed.error();
  if (!listed) {
    passOver(cursor, listed.error());
    return {};
  }
  answered_ = true;
  page_.examined += listed->examined;
  for (auto& found : listed->tasks)
    page_.tasks.push_back(listedTaskOf(std::move(found), stores_.queues.name(cursor.index)));
  cursor.inner = std::move(listed->cursor);
  if (cursor.inner.empty()) ++cursor.index;
  return {};
}

// The first storage that can list its records has those of all tasks.
Result<void> TaskLister::listRecords(ListCursor& cursor) {
  if (cursor.kind != ListCursor::Kind::Records || !page_.cursor.empty() || !asksRecords(selection_)) return {};
  while (cursor.index < stores_.records.size()) {
    if (isFull()) {
      page_.cursor = textOf(cursor);
      return {};
    }
    const auto storage = cursor.index;
    if (auto listed = listStorage(cursor); !listed) return listed;
    const bool isAtItsEnd = cursor.index == storage && cursor.inner.empty();
    if (isAtItsEnd) return {};
  }
  return {};
}

Result<void> TaskLister::listStorage(ListCursor& cursor) {
  ++calls_;
  auto listed = askStorage(
      stores_.records, cursor.index,
      [&](SimpleMetaStorage& storage) -> Result<RecordList> {
        if (order_ == ListOrder::EarliestFirst && !storage.traits().listsEarliestFirst) return newestFirstOnly();
        return storage.listRecords(metaFilterOf(selection_, order_), cursor.inner, limit_ - page_.tasks.size());
      },
      meaningOfInvalid(cursor.inner));
  if (!listed && isInvalid(listed.error())) return listed.error();
  if (!listed) {
    passOver(cursor, listed.error());
    return {};
  }
  answered_ = true;
  page_.examined += std::max<std::uint64_t>(listed->examined, listed->records.size());
  for (auto& record : listed->records) {
    leaveOutLogs(record);
    if (endedAsSelected(selection_, record)) page_.tasks.push_back(listedTaskOf(std::move(record)));
  }
  cursor.inner = std::move(listed->cursor);
  return {};
}

// A store that does not exist yet has no tasks.
void TaskLister::passOver(ListCursor& cursor, const Error& error) {
  if (isMissing(error))
    answered_ = true;
  else
    page_.unable.push_back(error);
  cursor.inner.clear();
  ++cursor.index;
}

}  // namespace leptir::operations

namespace leptir {
namespace {

Result<void> checkLimit(std::size_t limit) {
  if (limit >= 1 && limit <= kMaxTasksPerSlice) return {};
  return Error(ErrorCode::Invalid,
               "a page has 1 to " + std::to_string(kMaxTasksPerSlice) + " tasks, not " + std::to_string(limit));
}

// The storages that cannot list page after page list from the newest record on, without a cursor.
Result<RecordPage> firstRecords(MetaStorage& storages, const MetaFilter& filter, std::size_t limit) {
  if (filter.order == ListOrder::EarliestFirst)
    return Error(ErrorCode::Unsupported, "no meta storage can list its records with the oldest first");
  auto listing = storages.listMetaInfo(operations::withStoredCause(filter), {.offset = 0, .limit = limit});
  if (!listing) return operations::errorOfStore(listing.error(), operations::InvalidMeaning::NoRights);
  const auto status = operations::exitStatusIn(filter.cause);
  std::erase_if(listing->records, [&](const Json& record) { return !operations::exitedWith(status, record); });
  return RecordPage{.records = std::move(listing->records), .listsSuccesses = listing->listsSuccesses};
}

Result<RecordPage> recordPage(operations::Stores& stores, const operations::ListCursor& start, const MetaFilter& filter,
                              std::size_t limit) {
  const auto status = operations::exitStatusIn(filter.cause);
  return operations::askStorage(
      stores.records, start.index,
      [&](SimpleMetaStorage& storage) -> Result<RecordPage> {
        if (filter.order == ListOrder::EarliestFirst && !storage.traits().listsEarliestFirst)
          return Error(ErrorCode::Unsupported, "this store lists its records with the newest first only");
        auto listed = storage.listRecords(operations::withStoredCause(filter), start.inner, limit);
        if (!listed) return listed.error();
        std::erase_if(listed->records, [&](const Json& record) { return !operations::exitedWith(status, record); });
        RecordPage page{.records = std::move(listed->records), .listsSuccesses = storage.traits().listsSuccesses};
        if (!listed->cursor.empty())
          page.cursor =
              textOf(operations::ListCursor{.kind = start.kind, .index = start.index, .inner = listed->cursor});
        return page;
      },
      operations::meaningOfInvalid(start.inner));
}

Result<RecordPage> withoutLogs(Result<RecordPage> page) {
  if (!page) return page;
  for (auto& record : page->records) operations::leaveOutLogs(record);
  return page;
}

}  // namespace

Result<TaskPage> Operations::tasks(const TaskSelection& selection, std::string_view cursor, std::size_t limit,
                                   std::optional<ListOrder> order) {
  if (auto valid = operations::check(selection); !valid) return valid.error();
  if (auto valid = checkLimit(limit); !valid) return valid.error();
  auto start = operations::listCursorOf(cursor);
  if (!start) return start.error();
  return operations::TaskLister(*stores_, selection, limit, order).list(std::move(*start));
}

Result<RecordPage> Operations::records(const MetaFilter& filter, std::string_view cursor, std::size_t limit) {
  if (auto valid = checkLimit(limit); !valid) return valid.error();
  auto start = operations::listCursorOf(cursor.empty() ? "r0." : cursor);
  if (!start) return start.error();
  for (; start->index < stores_->records.size(); ++start->index) {
    auto page = recordPage(*stores_, *start, filter, limit);
    if (page || page.error().code() == ErrorCode::Invalid) return withoutLogs(std::move(page));
    start->inner.clear();
  }
  return withoutLogs(firstRecords(stores_->records, filter, limit));
}

}  // namespace leptir
