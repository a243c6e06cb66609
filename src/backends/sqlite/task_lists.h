// TaskKeeper::list for a SQLite queue: reads the waiting, the leased and the buried tasks by their indices, from the
// position on that a cursor names.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/sqlite/ordered_rows.h"
#include "backends/sqlite/sqlite_statement.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::sqlite {

class TaskLists {
 public:
  explicit TaskLists(SqliteConnection& connection);

  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit);
  Result<std::optional<Time>> earliestDue();

 private:
  class Page;
  // Where a task stands in the list: its part of the list (ListPart), the key within that part, and its row.
  using Position = std::array<std::int64_t, 3>;

  // All of them add tasks behind `after` to the page. False: the page is full, and there may be more.
  bool addAllInOrder(Page& page, const std::optional<Position>& after);
  bool addAllWaiting(Page& page, const std::optional<Position>& after);
  bool addAllWaitingLatestFirst(Page& page, const std::optional<Position>& after);
  bool addAllBuried(Page& page, const Position& after);
  bool addAllOfPart(Page& page, OrderedRows& rows, const Position& after, std::int64_t last);
  bool addAllAtPositions(Page& page, const std::vector<Position>& positions);

  // The positions of the tasks whose ids begin with the prefix, in their order. nullopt: too many have it.
  std::optional<std::vector<Position>> positionsOf(std::string_view idPrefix);

  SqliteConnection& connection_;
  OrderedRows atOnce_;
  OrderedRows byTime_;
  OrderedRows atOnceLatestFirst_;
  OrderedRows byTimeLatestFirst_;
  OrderedRows leased_;
  OrderedRows buried_;
  OrderedRows buriedLatestFirst_;
  SqliteStatement byId_;
  SqliteStatement row_;
  SqliteStatement earliest_;
  SqliteStatement earliestDueByTime_;
};

}  // namespace leptir::sqlite
