// An instance on a copy that SQLite's backup functions (`.backup` of sqlite3) made of a database in use.
#include <csignal>
#include <fstream>

#include "tests/e2e/database.h"
#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class BackupTest : public Ledger {
 protected:
  BackupTest() { ::setenv("LEPTIR_TEST_LEASE", "3", 1); }
  ~BackupTest() override { ::unsetenv("LEPTIR_TEST_LEASE"); }

  // Writes a configuration with the task `slow`, which appends its id to the file `ledger` and ends once a file named
  // `go` exists.
  fs::path configure(const std::string& database, const std::string& ledger) {
    auto yaml =
        defaultYaml("  tasks: { slow: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + (folder / ledger).string() +
                    "; until test -e " + (folder / "go").string() + "; do sleep 0.05; done'] } }\n");
    for (auto at = yaml.find("leptir.db"); at != std::string::npos; at = yaml.find("leptir.db", at + 1)) {
      yaml.replace(at, 9, database);
    }
    return writeConfig(yaml, ledger + ".yaml");
  }

  // Copies page by page, as `.backup` does, while the instance goes on writing.
  void backUp(const fs::path& from, const fs::path& to) {
    sqlite3 *source = nullptr, *copy = nullptr;
    ASSERT_EQ(sqlite3_open_v2(from.c_str(), &source, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    ASSERT_EQ(sqlite3_open(to.c_str(), &copy), SQLITE_OK);
    auto* backup = sqlite3_backup_init(copy, "main", source, "main");
    ASSERT_NE(backup, nullptr) << sqlite3_errmsg(copy);
    EXPECT_TRUE(eventually([&] { return sqlite3_backup_step(backup, 1) == SQLITE_DONE; }));
    EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
    sqlite3_close(copy);
    sqlite3_close(source);
  }
};

TEST_F(BackupTest, RunsTheCopiedTasksWithoutTouchingTheOriginalInstance) {
  config = configure("leptir.db", "ledger");
  const auto id = push({"slow"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return runs().contains(id); })) << instance->output();
  backUp(folder / "leptir.db", folder / "copy.db");

  const auto original = config;
  config = configure("copy.db", "others");
  const auto restored = start({"--pid=" + (folder / "restored.pid").string()});
  EXPECT_TRUE(eventually([&] { return fs::exists(folder / "others"); })) << restored->output();
  EXPECT_TRUE(eventually([&] {
    return restored->output().find("of which this is a copy or a backup") != std::string::npos;
  })) << restored->output();
  EXPECT_EQ(::kill(instance->pid(), 0), 0);

  std::ofstream(folder / "go") << "";
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << "in the copy";
  config = original;
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  EXPECT_EQ(runs()[id], 1);
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
