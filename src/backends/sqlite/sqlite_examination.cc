#include "backends/sqlite/sqlite_examination.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <set>
#include <string>

#include "backends/sqlite/database_rights.h"
#include "backends/sqlite/sql_text.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "base/disk_space.h"

namespace leptir::sqlite {
namespace {

// Under load the log stays below 64 MiB (sqlite_log_test.cc).
constexpr std::uintmax_t kLargeWalBytes = std::uintmax_t{128} << 20, kHugeWalBytes = std::uintmax_t{1} << 30;
constexpr std::uintmax_t kMaxBytesOfQuickCheck = 64'000'000;

struct NeededIndex {
  std::string_view name, statement;
};

constexpr SqlText kIdIndex("CREATE UNIQUE INDEX leptir_tasks_id ON leptir_tasks (id)");
constexpr SqlText kWaitingIndex("CREATE INDEX leptir_tasks_waiting ON leptir_tasks (due) WHERE {is_waiting}");
constexpr SqlText kHeldIndex("CREATE INDEX leptir_tasks_held ON leptir_tasks (holder) WHERE {is_leased}");
constexpr SqlText kBuriedIndex("CREATE INDEX leptir_tasks_buried ON leptir_tasks (buried) WHERE {is_buried}");
constexpr SqlText kSavedIndex("CREATE INDEX leptir_records_saved ON leptir_records (saved)");
constexpr std::array<NeededIndex, 5> kNeededIndexes{{{"leptir_tasks_id", kIdIndex},
                                                     {"leptir_tasks_waiting", kWaitingIndex},
                                                     {"leptir_tasks_held", kHeldIndex},
                                                     {"leptir_tasks_buried", kBuriedIndex},
                                                     {"leptir_records_saved", kSavedIndex}}};

class DatabaseExaminer {
 public:
  explicit DatabaseExaminer(SqliteConnection& connection) : connection_(connection), file_(connection.file()) {}

  Result<StoreExamination> examine() && {
    examineRights();
    examineDiskSpace();
    examineWriteAheadLog();
    SqliteTransaction read(connection_, TransactionKind::Read);
    examineIndexes();
    examineJournalMode();
    examineIntegrity();
    if (auto finished = read.commit(); !finished) return finished.error();
    return std::move(result_);
  }

 private:
  void add(FindingSeverity severity, std::string kind, std::string_view what, std::string advice) {
    result_.add(severity, std::move(kind), fmt::format("{}: {}", file_.where(), what), std::move(advice));
  }
  void add(std::optional<StoreFinding> finding) {
    ++result_.looked;
    if (finding) result_.findings.push_back(std::move(*finding));
  }

  void examineRights() { add(findingOfRights(file_)); }

  void examineDiskSpace() {
    if (const auto space = base::diskSpaceAt(file_.path.parent_path())) add(base::findingOf(*space, file_.where()));
  }

  void examineWriteAheadLog() {
    ++result_.looked;
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(file_.path.string() + "-wal", missing);
    if (missing || bytes < kLargeWalBytes) return;
    add(bytes < kHugeWalBytes ? FindingSeverity::Warning : FindingSeverity::Problem, "wal-growth",
        fmt::format("its write-ahead log has {}, and cannot be emptied while a program reads from before it",
                    base::bytesText(bytes)),
        fmt::format("find the program that has a long transaction open (fuser {}), and end it", file_.path.string()));
  }

  void examineIndexes() {
    SqliteStatement select(connection_, "SELECT name FROM sqlite_master WHERE type = 'index'");
    std::set<std::string, std::less<>> standing;
    for (select.start(); select.step();) standing.emplace(select.text(0));
    if (connection_.failed()) return;
    for (const auto& [name, statement] : kNeededIndexes) {
      ++result_.looked;
      if (standing.contains(name)) continue;
      add(FindingSeverity::Problem, "missing-index",
          fmt::format("the index {} is missing, so that leptir reads whole tables instead", name),
          fmt::format("make it again: {};", statement));
    }
  }

  void examineJournalMode() {
    ++result_.looked;
    SqliteStatement mode(connection_, "PRAGMA journal_mode");
    mode.start();
    if (!mode.step() || mode.text(0) == "wal") return;
    add(FindingSeverity::Warning, "journal-mode",
        fmt::format("its journal mode is {}: readers and writers wait for each other", mode.text(0)),
        "PRAGMA journal_mode = WAL, and find the program that changed it");
  }

  void examineIntegrity() {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(file_.path, missing);
    if (missing || bytes > kMaxBytesOfQuickCheck) return;
    ++result_.looked;
    SqliteStatement check(connection_, "PRAGMA quick_check(1)");
    check.start();
    if (!check.step() || check.text(0) == "ok") return;
    add(FindingSeverity::Problem, "damaged", fmt::format("the file is damaged: {}", check.text(0)),
        "stop all instances, keep a copy, and restore a backup, or write a new file with sqlite3's .recover");
  }

  SqliteConnection& connection_;
  const SqliteFile& file_;
  StoreExamination result_;
};

}  // namespace

Result<StoreExamination> examineDatabase(SqliteConnection& connection) {
  return DatabaseExaminer(connection).examine();
}

}  // namespace leptir::sqlite
