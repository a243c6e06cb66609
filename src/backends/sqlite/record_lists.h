// SimpleMetaStorage::listRecords for a SQLite file: reads the records by the time of their last save, from the position
// on that a cursor names.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/sqlite/ordered_rows.h"
#include "backends/sqlite/sqlite_statement.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::sqlite {

class RecordLists {
 public:
  explicit RecordLists(SqliteConnection& connection);

  // `oldest`: the records that were saved before have expired, by the value of the column `saved`.
  Result<RecordList> list(const MetaFilter& filter, std::string_view cursor, std::size_t limit, std::int64_t oldest);

 private:
  class Page;
  // Where a record stands in the list: the time of its save, and its row.
  using Position = std::array<std::int64_t, 2>;

  // Both add records behind `after` to the page. False: the page is full, and there may be more.
  bool addAllInOrder(Page& page, OrderedRows& rows, const Position& after, std::int64_t last);
  bool addAllAtPositions(Page& page, const std::vector<Position>& positions);

  // The positions of the records whose ids begin with the prefix, the newest first. nullopt: too many have it.
  std::optional<std::vector<Position>> positionsOf(std::string_view idPrefix, std::int64_t oldest);

  SqliteConnection& connection_;
  OrderedRows latest_;
  OrderedRows earliest_;
  SqliteStatement byId_;
  SqliteStatement row_;
};

// The JSON of a record in the table. Corrupt: it is no JSON object.
Result<Json> parseRecord(std::string_view id, std::string_view text);

}  // namespace leptir::sqlite
