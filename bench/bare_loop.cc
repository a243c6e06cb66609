// The baseline for SQLite: one thread that executes the statements that an instance executes for no-op tasks, without
// processes, slots or decisions. The throughput of an instance is compared with this number, in the same run on the
// same machine. Arguments: number of tasks, path of a database that does not exist yet. Prints tasks a second.
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kBatch = 512;
constexpr int kRecordsPerInsert = 64;

class Database {
 public:
  explicit Database(const char* path) {
    if (sqlite3_open(path, &handle_) != SQLITE_OK) throw std::runtime_error("cannot open the database");
    run("PRAGMA page_size = 8192; PRAGMA secure_delete = OFF; PRAGMA cache_size = -8192; PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000");
    run("CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);"
        "INSERT INTO state VALUES ('last lease', 0);"
        "CREATE TABLE tasks (seq INTEGER PRIMARY KEY, id TEXT, due INTEGER NOT NULL,"
        " holder INTEGER NOT NULL DEFAULT 16777216, lease INTEGER NOT NULL DEFAULT 1125899906842624,"
        " failures INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,"
        " expiries INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,"
        " cancelled_by TEXT, buried INTEGER, reason TEXT, envelope TEXT NOT NULL);"
        "CREATE UNIQUE INDEX tasks_id ON tasks (id);"
        "CREATE INDEX tasks_waiting ON tasks (due) WHERE holder = 16777216;"
        "CREATE INDEX tasks_held ON tasks (holder) WHERE holder > 16777217;"
        "CREATE INDEX tasks_buried ON tasks (buried) WHERE holder = 16777217;"
        "CREATE TABLE sessions (number INTEGER PRIMARY KEY, state INTEGER);"
        "INSERT INTO sessions VALUES (20000000, 0);"
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, lease INTEGER NOT NULL, step INTEGER "
        "NOT NULL,"
        " saved INTEGER NOT NULL, record TEXT NOT NULL);"
        "CREATE INDEX records_saved ON records (saved)");
  }
  ~Database() { sqlite3_close_v2(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(handle_));
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(handle_));
    }
    return statement;
  }

 private:
  sqlite3* handle_ = nullptr;
};

void finish(sqlite3_stmt* statement) {
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  sqlite3_reset(statement);
}

std::string idOf(int number) {
  return fmt::format("019ab0f0-0000-7000-8000-{:012x}", number);
}

void push(Database& database, int tasks) {
  auto* insert = database.prepare("INSERT INTO tasks (id, due, envelope) VALUES (?, ?, ?)");
  const std::string parameters(180, 'x');
  database.run("BEGIN IMMEDIATE");
  for (int i = 0; i < tasks; ++i) {
    const auto id = idOf(i);
    const auto envelope = fmt::format(
        R"({{"cn":"noop","pr":0,"tl":0,"toex":"","td":{{"id":"{}","parameters":{{"text":"{}"}}}},"ts":1795452039.5}})",
        id, parameters);
    sqlite3_bind_text(insert, 1, id.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 2, 1795452039000000 + i / 1000);
    sqlite3_bind_text(insert, 3, envelope.c_str(), -1, SQLITE_TRANSIENT);
    finish(insert);
  }
  database.run("COMMIT");
  sqlite3_finalize(insert);
}

struct Leased {
  std::int64_t first = 0, last = -1, lease = 0;
  std::vector<std::string> envelopes;
};

// Repeats until no task is left: lease a batch, save its records, acknowledge it.
class Loop {
 public:
  explicit Loop(Database& database)
      : database_(database),
        session_(database.prepare("SELECT state FROM sessions WHERE number = 20000000")),
        due_(database.prepare("SELECT seq, lease, failures, crashes, expiries, unknown, envelope FROM tasks"
                              " WHERE holder = 16777216 AND due <= ? ORDER BY due, seq LIMIT ?")),
        number_(
            database.prepare("UPDATE state SET value = max(value + 1, ?) WHERE name = 'last lease' RETURNING value")),
        mark_(database.prepare(
            "UPDATE tasks SET holder = 20000000, lease = ? WHERE seq BETWEEN ? AND ? AND holder = 16777216")),
        forget_(database.prepare("DELETE FROM tasks WHERE seq BETWEEN ? AND ? AND holder = 20000000 AND lease = ?")),
        record_(database.prepare(recordStatement())) {}
  ~Loop() {
    for (auto* statement : {session_, due_, number_, mark_, forget_, record_}) sqlite3_finalize(statement);
  }

  int run() {
    int done = 0;
    Leased batch = lease();
    while (!batch.envelopes.empty()) {
      done += static_cast<int>(batch.envelopes.size());
      save(batch);
      acknowledge(batch);
      batch = lease();
    }
    return done;
  }

 private:
  static std::string recordStatement() {
    std::string sql = "INSERT INTO records (id, lease, step, saved, record) VALUES (?,?,?,?,?)";
    for (int i = 1; i < kRecordsPerInsert; ++i) sql += ",(?,?,?,?,?)";
    return sql +
           " ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, step = excluded.step, saved = excluded.saved, "
           "record = excluded.record"
           " WHERE excluded.lease > lease OR (excluded.lease = lease AND excluded.step > step)";
  }

  Leased lease() {
    Leased leased;
    database_.run("BEGIN IMMEDIATE");
    finish(session_);
    sqlite3_bind_int64(due_, 1, 1'900'000'000'000'000);
    sqlite3_bind_int64(due_, 2, kBatch);
    while (sqlite3_step(due_) == SQLITE_ROW) {
      if (leased.last < leased.first) leased.first = sqlite3_column_int64(due_, 0);
      leased.last = sqlite3_column_int64(due_, 0);
      leased.envelopes.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(due_, 6)));
    }
    sqlite3_reset(due_);
    if (!leased.envelopes.empty()) {
      sqlite3_bind_int64(number_, 1, ++clock_);
      sqlite3_step(number_);
      leased.lease = sqlite3_column_int64(number_, 0);
      finish(number_);
      sqlite3_bind_int64(mark_, 1, leased.lease);
      sqlite3_bind_int64(mark_, 2, leased.first);
      sqlite3_bind_int64(mark_, 3, leased.last);
      finish(mark_);
    }
    database_.run("COMMIT");
    return leased;
  }

  void save(const Leased& batch) {
    texts_.clear();
    ids_.clear();
    for (std::size_t i = 0; i < batch.envelopes.size(); ++i) {
      ids_.push_back(idOf(static_cast<int>(batch.first + static_cast<std::int64_t>(i))));
      texts_.push_back(fmt::format(
          R"({{"id":"{}","status":3,"retC":1,"exTime":{},"respM":"","type":"noop","exStart":{{"date":"2026-11-23 18:00:00.{:06}",)"
          R"("timezone_type":3,"timezone":"UTC"}},"lease":{},"attempt":1,"cause":"finished","host":"host","pid":4242,)"
          R"("pushed":1795452039.5,"exEnd":1795452040.25,"cpuTime":0.000001}})",
          ids_.back(), 0.000002, i, batch.lease));
    }
    database_.run("BEGIN IMMEDIATE");
    for (std::size_t i = 0; i + kRecordsPerInsert <= texts_.size(); i += kRecordsPerInsert) {
      for (std::size_t j = 0; j < kRecordsPerInsert; ++j) {
        const int at = static_cast<int>(5 * j);
        sqlite3_bind_text(record_, at + 1, ids_[i + j].c_str(), -1, SQLITE_STATIC);
        sqlite3_bind_int64(record_, at + 2, batch.lease);
        sqlite3_bind_int64(record_, at + 3, 2);
        sqlite3_bind_int64(record_, at + 4, ++saved_);
        sqlite3_bind_text(record_, at + 5, texts_[i + j].data(), static_cast<int>(texts_[i + j].size()), SQLITE_STATIC);
      }
      finish(record_);
    }
    database_.run("COMMIT");
  }

  void acknowledge(const Leased& batch) {
    database_.run("BEGIN IMMEDIATE");
    finish(session_);
    sqlite3_bind_int64(forget_, 1, batch.first);
    sqlite3_bind_int64(forget_, 2, batch.last);
    sqlite3_bind_int64(forget_, 3, batch.lease);
    finish(forget_);
    database_.run("COMMIT");
  }

  Database& database_;
  sqlite3_stmt *session_, *due_, *number_, *mark_, *forget_, *record_;
  std::int64_t clock_ = 1'795'452'039'000'000, saved_ = 1'795'452'039'000'000;
  std::vector<std::string> ids_, texts_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: bare_loop TASKS DATABASE");
  const int tasks = std::atoi(argv[1]) / kBatch * kBatch;
  Database database(argv[2]);
  push(database, tasks);
  const auto began = std::chrono::steady_clock::now();
  const int done = Loop(database).run();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
  if (done != tasks) throw std::runtime_error("the loop lost tasks");
  fmt::print("{:.0f}\n", done / passed.count());
} catch (const std::exception& error) {
  fmt::print(stderr, "bare_loop: {}\n", error.what());
  return 1;
}
