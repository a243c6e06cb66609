#include "backends/sqlite/task_lists.h"

#include <algorithm>
#include <limits>

#include "backends/sqlite/id_range.h"
#include "backends/sqlite/list_statements.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "backends/sqlite/task_row.h"
#include "base/cursor.h"
#include "broker/task_match.h"

namespace leptir::sqlite {
namespace {

// The parts of the list in their order. The key of the waiting tasks is their time, without kAtOnceOffset, of the
// leased ones their holder, of the buried ones the number of their burial.
enum ListPart : std::int64_t { kWaiting, kLeased, kBuried };

constexpr auto kMinKey = std::numeric_limits<std::int64_t>::min();
constexpr auto kMaxKey = std::numeric_limits<std::int64_t>::max();

bool canMatch(ListPart part, const TaskFilter& filter) {
  if (!filter.reasonContains.empty() && part != kBuried) return false;
  if (!filter.state) return true;
  switch (*filter.state) {
    case TaskState::Leased:
      return part == kLeased;
    case TaskState::Buried:
      return part == kBuried;
    default:
      return part == kWaiting;
  }
}

// The waiting tasks of one kind that a filter may choose: those behind (key, row) with keys up to `last`.
struct KeyRange {
  std::int64_t key, row, last;
};

// The order of a list. Leased tasks have the same one in both.
bool comesBefore(const std::array<std::int64_t, 3>& a, const std::array<std::int64_t, 3>& b, ListOrder order) {
  const bool isReversed = order == ListOrder::LatestFirst && a.front() == b.front() && a.front() != kLeased;
  return isReversed ? b < a : a < b;
}

// Narrows the range of times to those that the filter asks for. `offset` is that of the kind of tasks.
void narrow(KeyRange& range, const TaskFilter& filter, std::int64_t offset) {
  if (filter.dueFrom) {
    const auto before = dueFrom(*filter.dueFrom) - 1 - offset;
    if (before > range.key) range = {before, kMaxKey, range.last};
  }
  if (filter.dueBefore) range.last = std::min(range.last, dueFrom(*filter.dueBefore) - offset);
}

// As narrow(), for a range that is read from its latest time down: `last` is the earliest time.
void narrowLatestFirst(KeyRange& range, const TaskFilter& filter, std::int64_t offset) {
  if (filter.dueBefore) {
    const auto most = dueFrom(*filter.dueBefore) - offset;
    if (most < range.key) range = {most, kMinKey, range.last};
  }
  if (filter.dueFrom) range.last = std::max(range.last, dueFrom(*filter.dueFrom) - offset);
}

}  // namespace

// What a call has found so far.
class TaskLists::Page {
 public:
  Page(const TaskFilter& filter, std::size_t limit, std::int64_t now) : filter_(filter), limit_(limit), now_(now) {}

  const TaskFilter& filter() const { return filter_; }
  std::int64_t now() const { return now_; }
  bool isFull() const {
    return list_.tasks.size() >= limit_ || list_.examined == kMaxTasksExamined || bytes_ > kMaxPageBytes;
  }
  // Compares the task of a row with the filter. Its envelope is copied only if it matches.
  void compare(const TaskRow& row, const Position& position) {
    ++list_.examined;
    last_ = position;
    if (!broker::matches(row.comparedTask(now_), filter_)) return;
    list_.tasks.push_back(row.foundTask(now_));
    bytes_ += list_.tasks.back().envelope.size();
  }
  // Ends the page. `isLast`: there are no more tasks.
  TaskList finish(bool isLast) {
    if (!isLast) list_.cursor = base::cursorOf(last_);
    return std::move(list_);
  }

 private:
  const TaskFilter& filter_;
  const std::size_t limit_;
  const std::int64_t now_;
  TaskList list_;
  Position last_{};
  std::size_t bytes_ = 0;
};

TaskLists::TaskLists(SqliteConnection& connection)
    : connection_(connection),
      atOnce_(connection, sql::kWaitingEarliestFirst),
      byTime_(connection, sql::kWaitingEarliestFirst),
      atOnceLatestFirst_(connection, sql::kWaitingLatestFirst),
      byTimeLatestFirst_(connection, sql::kWaitingLatestFirst),
      leased_(connection, sql::kLeasedInOrder),
      buried_(connection, sql::kBuriedEarliestFirst),
      buriedLatestFirst_(connection, sql::kBuriedLatestFirst),
      byId_(connection, sql::kPositionsOfIds),
      row_(connection, sql::kFindTaskRow),
      earliest_(connection, sql::kEarliestDue),
      earliestDueByTime_(connection, sql::kEarliestDueByTime) {}

Result<TaskList> TaskLists::list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) {
  const auto after = base::numbersIn<3>(cursor);
  if (!cursor.empty() && !after) return base::noSuchCursor(cursor);
  SqliteTransaction read(connection_, TransactionKind::Read);
  Page page(filter, limit, connection_.now());
  auto found = positionsOf(filter.idPrefix);
  if (found) {
    const auto isBefore = [&](const Position& a, const Position& b) { return comesBefore(a, b, filter.order); };
    std::ranges::sort(*found, isBefore);
    if (after) found->erase(found->begin(), std::ranges::upper_bound(*found, *after, isBefore));
  }
  const bool isLast = found ? addAllAtPositions(page, *found) : addAllInOrder(page, after);
  if (auto finished = read.commit(); !finished) return finished.error();
  return page.finish(isLast);
}

bool TaskLists::addAllInOrder(Page& page, const std::optional<Position>& after) {
  const auto start = [&](ListPart part) -> std::optional<Position> {
    if (!canMatch(part, page.filter()) || (after && after->front() > part)) return {};
    if (after && after->front() == part) return *after;
    const bool startsAtLastBurial = page.filter().order == ListOrder::LatestFirst && part == kBuried;
    return startsAtLastBurial ? Position{part, kMaxKey, kMaxKey} : Position{part, -1, kMinKey};
  };
  const bool isLatestFirst = page.filter().order == ListOrder::LatestFirst;
  if (start(kWaiting) && !(isLatestFirst ? addAllWaitingLatestFirst(page, after) : addAllWaiting(page, after)))
    return false;
  if (const auto from = start(kLeased); from && !addAllOfPart(page, leased_, *from, kMaxKey)) return false;
  const auto from = start(kBuried);
  return !from || addAllBuried(page, *from);
}

// Latest first, the tasks that another program has buried without a number come last: their key is -1.
bool TaskLists::addAllBuried(Page& page, const Position& after) {
  if (page.filter().order == ListOrder::EarliestFirst) return addAllOfPart(page, buried_, after, kMaxKey);
  if (after[1] != -1 && !addAllOfPart(page, buriedLatestFirst_, after, 0)) return false;
  return addAllOfPart(page, buriedLatestFirst_, after[1] == -1 ? after : Position{kBuried, -1, kMaxKey}, 0);
}

// Merges the tasks that are due at once with those that are due by the time, as DueTasks::select does.
bool TaskLists::addAllWaiting(Page& page, const std::optional<Position>& after) {
  const auto& filter = page.filter();
  constexpr auto kBeforeAll = -kLargestTime - 1;
  const auto behind = after && after->front() == kWaiting
                          ? KeyRange{std::clamp((*after)[1], kBeforeAll, kLargestTime), (*after)[2], kMaxKey}
                          : KeyRange{kBeforeAll, kMaxKey, kMaxKey};
  KeyRange atOnce{behind.key - kAtOnceOffset, behind.row, kAtOnceLimit - 1};
  KeyRange byTime{behind.key, behind.row, kLargestTime};
  narrow(atOnce, filter, kAtOnceOffset);
  narrow(byTime, filter, 0);
  if (filter.state == TaskState::Due) byTime.last = std::min(byTime.last, page.now());
  if (filter.state == TaskState::Scheduled && byTime.key < page.now()) byTime = {page.now(), kMaxKey, byTime.last};

  bool hasAtOnce = filter.state != TaskState::Scheduled && atOnce_.startAfter(atOnce.key, atOnce.row, atOnce.last);
  bool hasByTime = byTime_.startAfter(byTime.key, byTime.row, byTime.last);
  while (hasAtOnce || hasByTime) {
    if (page.isFull()) return false;
    const bool takeAtOnce =
        hasAtOnce && (!hasByTime || TaskRow(atOnce_.row()).queuePosition() < TaskRow(byTime_.row()).queuePosition());
    auto& rows = takeAtOnce ? atOnce_ : byTime_;
    const TaskRow row(rows.row());
    page.compare(row, {kWaiting, row.queuePosition().first.time_since_epoch().count(), row.number()});
    (takeAtOnce ? hasAtOnce : hasByTime) = rows.step();
  }
  return true;
}

// Lists from the latest task to the earliest, so each KeyRange runs from its highest key down to `last`.
bool TaskLists::addAllWaitingLatestFirst(Page& page, const std::optional<Position>& after) {
  const auto& filter = page.filter();
  constexpr auto kBehindLatestTime = kLargestTime + 1;
  const auto behind = after && after->front() == kWaiting
                          ? KeyRange{std::clamp((*after)[1], -kLargestTime, kBehindLatestTime), (*after)[2], kMinKey}
                          : KeyRange{kBehindLatestTime, kMinKey, kMinKey};
  KeyRange atOnce{behind.key - kAtOnceOffset, behind.row, -kLargestTime - kAtOnceOffset};
  KeyRange byTime{behind.key, behind.row, -kLargestTime};
  narrowLatestFirst(atOnce, filter, kAtOnceOffset);
  narrowLatestFirst(byTime, filter, 0);
  if (filter.state == TaskState::Due && byTime.key > page.now()) byTime = {page.now() + 1, kMinKey, byTime.last};
  if (filter.state == TaskState::Scheduled) byTime.last = std::max(byTime.last, page.now() + 1);

  auto& rowsAtOnce = atOnceLatestFirst_;
  auto& rowsByTime = byTimeLatestFirst_;
  bool hasAtOnce = filter.state != TaskState::Scheduled && rowsAtOnce.startAfter(atOnce.key, atOnce.row, atOnce.last);
  bool hasByTime = rowsByTime.startAfter(byTime.key, byTime.row, byTime.last);
  while (hasAtOnce || hasByTime) {
    if (page.isFull()) return false;
    const bool takeAtOnce = hasAtOnce && (!hasByTime || TaskRow(rowsByTime.row()).queuePosition() <
                                                            TaskRow(rowsAtOnce.row()).queuePosition());
    auto& rows = takeAtOnce ? rowsAtOnce : rowsByTime;
    const TaskRow row(rows.row());
    page.compare(row, {kWaiting, row.queuePosition().first.time_since_epoch().count(), row.number()});
    (takeAtOnce ? hasAtOnce : hasByTime) = rows.step();
  }
  return true;
}

bool TaskLists::addAllOfPart(Page& page, OrderedRows& rows, const Position& after, std::int64_t last) {
  for (bool has = rows.startAfter(after[1], after[2], last); has; has = rows.step()) {
    if (page.isFull()) return false;
    page.compare(TaskRow(rows.row()),
                 {after[0], rows.row().integer(TaskColumn::AfterFound), TaskRow(rows.row()).number()});
  }
  return true;
}

bool TaskLists::addAllAtPositions(Page& page, const std::vector<Position>& positions) {
  for (const auto& each : positions) {
    if (page.isFull()) return false;
    if (row_.with(each.back()).step()) page.compare(TaskRow(row_), each);
  }
  return true;
}

std::optional<std::vector<TaskLists::Position>> TaskLists::positionsOf(std::string_view idPrefix) {
  const auto ids = idsWithPrefix(idPrefix);
  if (!ids) return {};
  std::vector<Position> found;
  byId_.with(ids->first, ids->behind, kMaxRowsPerPrefix + 1);
  while (byId_.step()) {
    using enum sql::TaskPositionColumn;
    const auto holder = byId_.integer(Holder), row = byId_.integer(Row);
    if (holder == kHolderNone)
      found.push_back({kWaiting, timeOfDue(byId_.integer(Due)).time_since_epoch().count(), row});
    else if (holder == kHolderBuried)
      found.push_back({kBuried, byId_.integer(Buried), row});
    else
      found.push_back({kLeased, holder, row});
  }
  if (found.size() > kMaxRowsPerPrefix) return {};
  return found;
}

// In the index all tasks that are due at once stand before the others, so the first of each kind is compared.
Result<std::optional<Time>> TaskLists::earliestDue() {
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::optional<Time> earliest;
  for (auto* const select : {&earliest_, &earliestDueByTime_}) {
    if (!select->with().step() || select->isNull(0)) continue;
    const auto due = timeOfDue(select->integer(0));
    earliest = std::min(earliest.value_or(due), due);
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return earliest;
}

}  // namespace leptir::sqlite
