#include "backends/sqlite/record_lists.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "backends/sqlite/id_range.h"
#include "backends/sqlite/list_statements.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "base/cursor.h"
#include "meta/meta_filter.h"

namespace leptir::sqlite {
namespace {

constexpr auto kEarliestKey = std::numeric_limits<std::int64_t>::min(),
               kLatestKey = std::numeric_limits<std::int64_t>::max();
using RecordPosition = std::array<std::int64_t, 2>;

// Where this page of the list starts: after the key and row of the cursor, or at the latest record that the filter
// allows.
RecordPosition latestFirstStart(const MetaFilter& filter, const std::optional<RecordPosition>& asked) {
  const auto after = asked.value_or(RecordPosition{kLatestKey, kEarliestKey});
  return filter.savedBefore ? std::min(after, RecordPosition{dueFrom(*filter.savedBefore), kEarliestKey}) : after;
}

RecordPosition earliestFirstStart(std::int64_t oldest, const std::optional<RecordPosition>& asked) {
  const auto before =
      oldest == kEarliestKey ? RecordPosition{kEarliestKey, kEarliestKey} : RecordPosition{oldest - 1, kLatestKey};
  return std::max(asked.value_or(before), before);
}

}  // namespace

// What a call has found so far.
class RecordLists::Page {
 public:
  Page(const MetaFilter& filter, std::size_t limit) : filter_(filter), limit_(limit) {}

  bool isFull() const {
    return list_.records.size() >= limit_ || list_.examined == kMaxRecordsExamined || bytes_ > kMaxPageBytes;
  }
  // Compares the record of a row of list_statements.h. A damaged record does not hide the others.
  void compare(const SqliteStatement& row) {
    using enum sql::ListedRecordColumn;
    ++list_.examined;
    last_ = {row.integer(Saved), row.integer(Row)};
    const auto id = row.text(Id), text = row.text(Record);
    const bool matches = meta::isSavedWithin(Time(Duration(last_[0])), filter_) && meta::matchesId(id, filter_) &&
                         meta::recordTextMatches(text, filter_);
    if (!matches) return;
    bytes_ += text.size();
    if (auto record = parseRecord(id, text)) list_.records.push_back(std::move(*record));
  }
  // Ends the page. `isLast`: there are no more records.
  RecordList finish(bool isLast) {
    if (!isLast) list_.cursor = base::cursorOf(last_);
    return std::move(list_);
  }

 private:
  const MetaFilter& filter_;
  const std::size_t limit_;
  RecordList list_;
  Position last_{};
  std::size_t bytes_ = 0;
};

RecordLists::RecordLists(SqliteConnection& connection)
    : connection_(connection),
      latest_(connection, sql::kRecordsLatestFirst),
      earliest_(connection, sql::kRecordsEarliestFirst),
      byId_(connection, sql::kPositionsOfRecords),
      row_(connection, sql::kFindRecordRow) {}

Result<RecordList> RecordLists::list(const MetaFilter& filter, std::string_view cursor, std::size_t limit,
                                     std::int64_t oldest) {
  const auto asked = base::numbersIn<2>(cursor);
  if (!cursor.empty() && !asked) return base::noSuchCursor(cursor);
  if (filter.savedFrom) oldest = std::max(oldest, dueFrom(*filter.savedFrom));
  const bool isLatestFirst = filter.order == ListOrder::LatestFirst;
  const auto after = isLatestFirst ? latestFirstStart(filter, asked) : earliestFirstStart(oldest, asked);

  SqliteTransaction read(connection_, TransactionKind::Read);
  Page page(filter, limit);
  auto found = positionsOf(filter.idPrefix, oldest);
  if (found && isLatestFirst) std::erase_if(*found, [&](const Position& each) { return each >= after; });
  if (found && !isLatestFirst) {
    std::erase_if(*found, [&](const Position& each) { return each <= after; });
    std::ranges::sort(*found);
  }
  const auto last = isLatestFirst ? oldest : filter.savedBefore ? dueFrom(*filter.savedBefore) : kLatestKey;
  const bool isLast =
      found ? addAllAtPositions(page, *found) : addAllInOrder(page, isLatestFirst ? latest_ : earliest_, after, last);
  if (auto finished = read.commit(); !finished) return finished.error();
  return page.finish(isLast);
}

bool RecordLists::addAllInOrder(Page& page, OrderedRows& rows, const Position& after, std::int64_t last) {
  for (bool has = rows.startAfter(after[0], after[1], last); has; has = rows.step()) {
    if (page.isFull()) return false;
    page.compare(rows.row());
  }
  return true;
}

bool RecordLists::addAllAtPositions(Page& page, const std::vector<Position>& positions) {
  for (const auto& each : positions) {
    if (page.isFull()) return false;
    if (row_.with(each[1]).step()) page.compare(row_);
  }
  return true;
}

std::optional<std::vector<RecordLists::Position>> RecordLists::positionsOf(std::string_view idPrefix,
                                                                           std::int64_t oldest) {
  const auto ids = idsWithPrefix(idPrefix);
  if (!ids) return {};
  std::vector<Position> found;
  byId_.with(ids->first, ids->behind, oldest, kMaxRowsPerPrefix + 1);
  while (byId_.step())
    found.push_back({byId_.integer(sql::RecordPositionColumn::Saved), byId_.integer(sql::RecordPositionColumn::Row)});
  if (found.size() > kMaxRowsPerPrefix) return {};
  std::ranges::sort(found, std::greater());
  return found;
}

Result<Json> parseRecord(std::string_view id, std::string_view text) {
  auto json = parseJson(text);
  const auto unreadable = [&](const std::string& why) {
    return Error(ErrorCode::Corrupt, "record of task " + std::string(id) + ": " + why);
  };
  if (!json) return unreadable(json.error().message());
  if (!json->is_object()) return unreadable("it is JSON, but no object");
  return json;
}

}  // namespace leptir::sqlite
