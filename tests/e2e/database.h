// For tests: a SQLite database opened with SQLite's own library, independently of leptir.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

namespace leptir::e2e {

class Database {
 public:
  explicit Database(const std::filesystem::path& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &handle_), SQLITE_OK) << file;
    sqlite3_busy_timeout(handle_, 10'000);
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs one statement. `bytes` are its parameters, bound as text whatever bytes they hold, since no column accepts a
  // BLOB. Returns the rows, each column as its bytes.
  std::vector<std::vector<std::string>> run(const std::string& sql, const std::vector<std::string>& bytes = {}) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(handle_);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      sqlite3_bind_text64(statement, static_cast<int>(i) + 1, bytes[i].data(), bytes[i].size(), SQLITE_STATIC,
                          SQLITE_UTF8);
    }
    std::vector<std::vector<std::string>> rows;
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(rowOf(statement));
    EXPECT_EQ(code, SQLITE_DONE) << sql << ": " << sqlite3_errmsg(handle_);
    sqlite3_finalize(statement);
    return rows;
  }

 private:
  static std::vector<std::string> rowOf(sqlite3_stmt* statement) {
    std::vector<std::string> row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, i));
      row.emplace_back(data, data + sqlite3_column_bytes(statement, i));
    }
    return row;
  }

  sqlite3* handle_ = nullptr;
};

}  // namespace leptir::e2e
