// Writes many rows: several with each statement while enough rows are left, then one by one. One INSERT of several rows
// takes half the time of several statements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "backends/sqlite/sqlite_statement.h"

namespace leptir::sqlite {

// An INSERT: `row` has a parameter for each column and is repeated.
struct RowBatchText {
  std::string_view head;
  std::string_view row;
  std::string_view tail;
};

// Binds the parameters of one row, from left to right.
class RowParameters {
 public:
  RowParameters(SqliteStatement& statement, int position) : statement_(statement), position_(position) {}

  template <class... Values>
  void bind(const Values&... values) {
    (statement_.bind(position_++, values), ...);
  }

 private:
  SqliteStatement& statement_;
  int position_;
};

// Used within a transaction, as its statements.
class RowBatches {
 public:
  RowBatches(SqliteConnection& connection, const RowBatchText& text, std::size_t rowsPerInsert)
      : connection_(connection),
        rowsPerInsert_(rowsPerInsert),
        columns_(static_cast<std::size_t>(std::ranges::count(text.row, '?'))),
        many_(connection, statementOf(text, rowsPerInsert)),
        one_(connection, statementOf(text, 1)) {}

  // Calls `bindRow(parameters, index)` for each index below `rows`; what it binds must live until write() returns.
  template <class BindRow>
  void write(std::size_t rows, const BindRow& bindRow) {
    for (std::size_t done = 0; done < rows && !connection_.failed();) {
      const bool many = rows - done >= rowsPerInsert_;
      auto& statement = many ? many_ : one_;
      const auto end = done + (many ? rowsPerInsert_ : 1);
      statement.start();
      for (int position = 1; done < end; ++done, position += static_cast<int>(columns_)) {
        RowParameters parameters(statement, position);
        bindRow(parameters, done);
      }
      statement.run();
    }
  }

 private:
  static std::string statementOf(const RowBatchText& text, std::size_t rows) {
    std::string sql(text.head);
    for (std::size_t i = 0; i < rows; ++i) sql.append(i == 0 ? "" : ",").append(text.row);
    return sql.append(text.tail);
  }

  SqliteConnection& connection_;
  const std::size_t rowsPerInsert_;
  const std::size_t columns_;
  SqliteStatement many_;
  SqliteStatement one_;
};

}  // namespace leptir::sqlite
