// Stores that others use too: malformed rows, a database that is locked for a while, a second instance.
#include <csignal>
#include <set>

#include "src/base/process_tree.h"
#include "tests/e2e/database.h"
#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;

class MalformedTest : public Installation {
 protected:
  void insert(const std::string& bytes, const std::string& as) {
    Database(folder / "leptir.db").run("INSERT INTO leptir_tasks (due, envelope) VALUES (0, " + as + ")", {bytes});
  }

  // Envelope and reason of the buried tasks, in the order of their rows.
  std::vector<std::vector<std::string>> buried() {
    return Database(folder / "leptir.db")
        .run("SELECT envelope, reason FROM leptir_tasks WHERE buried IS NOT NULL ORDER BY seq");
  }

  const std::vector<std::string> malformed{"",
                                           "not an envelope",
                                           "{\"cn\": \"noop\", \"td\": {\"id\": \"cut o",
                                           "{\"cn\":\"noop\",\"td\":{\"id\":\"x\",\"parameters\":[]}} and more",
                                           "[1, 2, 3]",
                                           "{\"cn\":\"\xff\xfe\",\"td\":{\"id\":\"x\",\"parameters\":[]}}",
                                           std::string("nul\0in the middle", 17),
                                           std::string(100'000, '[')};
};

TEST_F(MalformedTest, MalformedEnvelopesAreBuriedUnchangedWithAReasonAndOtherTasksRun) {
  const auto before = push({"noop"});
  for (const auto& bytes : malformed) insert(bytes, "?");
  const auto after = push({"noop"});

  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  const auto rows = buried();
  ASSERT_EQ(rows.size(), malformed.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], malformed[i]);
    EXPECT_EQ(rows[i][1].rfind("malformed: ", 0), 0u) << rows[i][1];
    EXPECT_GT(rows[i][1].size(), 15u) << "it says what is wrong";
  }
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), malformed.size());
  EXPECT_EQ(info(before).at("retC"), 1);
  EXPECT_EQ(info(after).at("retC"), 1);
}

TEST_F(MalformedTest, AMalformedEnvelopeOfTypeTextIsBuriedUnchanged) {
  push({"noop"});
  insert("not an envelope", "CAST(? AS TEXT)");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(buried().at(0).at(0), "not an envelope");
}

// The records lie in a database of their own, which the test locks so that no instance can read or write it.
class LockedRecordsTest : public Ledger {
 protected:
  LockedRecordsTest() {
    auto yaml = defaultYaml(noteTask());
    const auto line = yaml.find("leptir.db", yaml.find("meta_storage"));
    writeConfig(yaml.replace(line, 9, "records.db"));
    records.run("BEGIN EXCLUSIVE");
  }

  std::uint64_t leased() { return status().at("brokers").at(0).at("leased").get<std::uint64_t>(); }

  bool haveAllRun(const std::vector<std::string>& ids) {
    return eventually([&] { return runs().size() == ids.size(); });
  }

  void expectAllRecorded(const std::vector<std::string>& ids) {
    for (const auto& id : ids) {
      const auto record = info(id);
      EXPECT_EQ(record.value("retC", 0), 1) << record.dump();
      EXPECT_EQ(record.value("attempt", 0), 1) << record.dump();
    }
  }

  Database records{folder / "records.db"};
};

TEST_F(LockedRecordsTest, TasksStayLeasedUntilTheirRecordsCanBeSaved) {
  const auto ids = pushNotes(60);
  const auto instance = start();
  ASSERT_TRUE(haveAllRun(ids)) << instance->output();
  EXPECT_EQ(leased(), ids.size());
  EXPECT_EQ(done(), 0u);

  records.run("ROLLBACK");
  EXPECT_TRUE(eventually([&] { return done() == ids.size(); })) << instance->output();
  EXPECT_EQ(leased(), 0u);
  expectEachRanOnce(ids);
  expectAllRecorded(ids);
}

TEST_F(LockedRecordsTest, TheNextDispatcherSavesTheRecordsOfAKilledOne) {
  const auto ids = pushNotes(60);
  const auto instance = start();
  ASSERT_TRUE(haveAllRun(ids)) << instance->output();
  const auto dispatcher = dispatcherPid();
  ASSERT_EQ(::kill(dispatcher, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return dispatcherPid() > 0 && dispatcherPid() != dispatcher; }));

  records.run("ROLLBACK");
  EXPECT_TRUE(eventually([&] { return done() == ids.size(); })) << instance->output();
  expectEachRanOnce(ids);
  expectAllRecorded(ids);
}

TEST_F(LockedRecordsTest, AStopGivesUpIfRecordsCannotBeSavedAndTheTasksRunAgain) {
  const auto ids = pushNotes(5);
  const auto instance = start();
  ASSERT_TRUE(haveAllRun(ids)) << instance->output();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 1) << instance->output();
  EXPECT_NE(instance->output().find("5 tasks that have run cannot be settled"), std::string::npos)
      << instance->output();

  records.run("ROLLBACK");
  EXPECT_EQ(drain(), 0);
  for (const auto& id : ids) EXPECT_EQ(info(id).value("retC", 0), 1) << id;
}

class LockedStoreTest : public Ledger {
 protected:
  LockedStoreTest() { writeConfig(defaultYaml(noteTask())); }
};

TEST_F(LockedStoreTest, AStopGivesUpIfTheBrokerIsLockedAndReportsUnsettledTasks) {
  const auto instance = start();
  waitUntilRunning();
  const auto id = push({"sleep", "seconds:=1"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; })) << instance->output();
  Database store{folder / "leptir.db"};
  store.run("BEGIN IMMEDIATE");
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 1) << instance->output();
  EXPECT_NE(instance->output().find("1 task that has run cannot be settled"), std::string::npos) << instance->output();

  store.run("ROLLBACK");
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(info(id).value("retC", 0), 1);
}

class TwoInstancesTest : public Ledger {
 protected:
  TwoInstancesTest() : second(writeConfig(defaultYaml(noteTask()), "second.yaml")) {
    writeConfig(defaultYaml(noteTask()));
  }

  std::unique_ptr<StartedInstance> startSecond() {
    std::swap(config, second);
    auto instance = start();
    waitUntilRunning();
    std::swap(config, second);
    return instance;
  }

  fs::path second;
};

TEST_F(TwoInstancesTest, ShareTheTasksOfOneDatabaseAndEachTaskRunsOnce) {
  const auto other = startSecond();
  const auto instance = start();
  waitUntilRunning();
  const auto ids = pushNotes(100);
  ASSERT_TRUE(eventually([&] {
    const auto broker = status().at("brokers").at(0);
    return broker.at("due") == 0 && broker.at("leased") == 0;
  })) << instance->output();

  expectEachRanOnce(ids);
  std::map<int, int> ranBy;  // number of tasks by the pid of the worker
  for (const auto& id : ids) ++ranBy[info(id).at("pid").get<int>()];
  int all = 0;
  for (const auto* running : {instance.get(), other.get()}) {
    int here = 0;
    for (const auto& child : base::childrenOf(running->pid())) here += ranBy[child.pid];
    EXPECT_GE(here, 20);
    all += here;
  }
  EXPECT_EQ(all, 100);
}

}  // namespace
}  // namespace leptir::e2e
