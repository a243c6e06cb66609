// A prepared SQL statement on a SqliteConnection.
#pragma once

#include <sqlite3.h>

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "backends/sqlite/sqlite_connection.h"

namespace leptir::sqlite {

// Prepared at its first use, and used within a transaction. Any thread may construct and destroy it. Must be destroyed
// before its connection.
class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, std::string_view sql) : connection_(connection), sql_(sql) {
    connection_.statements_.add(*this);
  }
  ~SqliteStatement() { connection_.statements_.retire(*this); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Resets the statement and binds these values to its parameters, in the order in which the parameters first occur in
  // its text. Text is not copied: keep it until the statement has run.
  template <class... Values>
  SqliteStatement& with(const Values&... values) {
    start();
    assert(connection_.failed() || sqlite3_bind_parameter_count(statement_) == int{sizeof...(values)});
    int position = 0;
    (bind(++position, values), ...);
    return *this;
  }
  // The same in single steps: start(), then bind() for each position, counted from 1.
  void start();
  void bind(int position, std::int64_t value) { note(sqlite3_bind_int64(statement_, position, value)); }
  void bind(int position, std::optional<std::int64_t> value) {
    note(value ? sqlite3_bind_int64(statement_, position, *value) : sqlite3_bind_null(statement_, position));
  }
  void bind(int position, std::string_view text) {
    note(sqlite3_bind_text64(statement_, position, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  }

  // A column: its number from 0, or the value of an enum that has the columns of the statement in their order.
  struct Column {
    template <class Enum>
      requires std::is_enum_v<Enum>
    Column(Enum column) : number(static_cast<int>(column)) {}  // NOLINT(google-explicit-constructor)
    Column(int column) : number(column) {}                     // NOLINT(google-explicit-constructor)
    int number;
  };

  // Goes to the next row. False: there are no more rows (the statement is finished and reset), or an error, which the
  // connection keeps.
  bool step();
  // Runs the statement to its end. False: an error, which the connection keeps.
  bool run();
  // As run(), but answers the number of changed rows; 0 on an error.
  std::int64_t runUpdate() { return run() ? connection_.changes() : 0; }

  bool isNull(Column column) const { return sqlite3_column_type(statement_, column.number) == SQLITE_NULL; }
  std::int64_t integer(Column column) const { return sqlite3_column_int64(statement_, column.number); }
  // Text or bytes; valid until the next step.
  std::string_view text(Column column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column.number));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column.number))};
  }
  void reset() { sqlite3_reset(statement_); }

 private:
  friend class StatementList;

  void note(int code) {
    if (code != SQLITE_OK) connection_.noteResultCode(code);
  }

  SqliteConnection& connection_;
  std::string sql_;
  sqlite3_stmt* statement_ = nullptr;  // null: not prepared yet, or the connection is broken
};

}  // namespace leptir::sqlite
