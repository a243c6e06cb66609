// Reads rows in the order of an index on a column `key` and of their numbers, from any row on: the pages of lists.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "backends/sqlite/sqlite_statement.h"

namespace leptir::sqlite {

// Two statements, because SQLite compares the pair (key, number) with an index on `key` by its first part alone: among
// a million tasks of one due time each page would read all earlier ones again.
struct OrderedRowsQueries {
  std::string_view ofSameKey;        // rows with key :key whose numbers follow :row
  std::string_view ofFollowingKeys;  // rows whose keys follow :key in the order of the list, up to :last
};

// Used within a transaction, as its statements.
class OrderedRows {
 public:
  OrderedRows(SqliteConnection& connection, const OrderedRowsQueries& text)
      : same_(connection, text.ofSameKey), following_(connection, text.ofFollowingKeys) {}

  // The next row is the first one behind (key, row); the keys end with `last`. Answers whether there is one.
  bool startAfter(std::int64_t key, std::int64_t row, std::int64_t last);
  // Moves to the next row. False: there are no more rows, or an error, which the connection keeps.
  bool step();
  // The statement that stands at the row.
  const SqliteStatement& row() const { return *current_; }

 private:
  SqliteStatement same_;
  SqliteStatement following_;
  SqliteStatement* current_ = &same_;
  std::int64_t key_ = 0;
  std::int64_t last_ = 0;
};

inline bool OrderedRows::startAfter(std::int64_t key, std::int64_t row, std::int64_t last) {
  key_ = key;
  last_ = last;
  current_ = &same_;
  same_.with(key, row);
  return step();
}

inline bool OrderedRows::step() {
  if (current_->step()) return true;
  if (current_ == &following_) return false;
  current_ = &following_;
  return following_.with(key_, last_).step();
}

}  // namespace leptir::sqlite
