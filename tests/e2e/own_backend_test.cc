// examples/own_backend: a program whose configuration names a backend of its own.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

class OwnBackendTest : public Installation {
 protected:
  OwnBackendTest() {
    program = buildFolder() / "own_backend";
    config = writeConfig(yamlWith("a"));
  }

  std::string brokerYaml(const std::string& name) const {
    return "{ name: " + name + ", type: folder, connection: { path: " + (folder / name).string() + " } }";
  }
  // A configuration with these brokers, and records in SQLite.
  std::string yamlWith(const std::string& name, const std::string& another = "") const {
    return "{ brokers: [" + brokerYaml(name) + (another.empty() ? "" : ", " + brokerYaml(another)) +
           "], meta_storage: [{ type: sqlite, connection: { path: records.db } }], "
           "daemon: { configuration: { number_of_workers: 2 } } }\n";
  }
  std::size_t filesOf(const std::string& broker) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder / broker / "tasks"), {}));
  }
};

// Instances that are started meanwhile have sessions of 3 seconds.
struct ShortLease {
  ShortLease() { ::setenv("LEPTIR_TEST_LEASE", "3", 1); }
  ~ShortLease() { ::unsetenv("LEPTIR_TEST_LEASE"); }
  ShortLease(const ShortLease&) = delete;
  ShortLease& operator=(const ShortLease&) = delete;
};

TEST_F(OwnBackendTest, RunsTasksFromAStoreThatLeptirDoesNotKnow) {
  const auto done = push({"noop"}), failed = push({"fail"});
  EXPECT_EQ(filesOf("a"), 2u);
  EXPECT_EQ(info(done).at("broker"), "a");
  ASSERT_EQ(drain(), 0);
  EXPECT_TRUE(hasSucceeded(done));
  EXPECT_EQ(info(failed).at("retC"), 3);
  EXPECT_EQ(filesOf("a"), 0u);
}

TEST_F(OwnBackendTest, KeepsTheRecordsBesideTheTasks) {
  const auto path = (folder / "a").string();
  writeConfig("{ brokers: [" + brokerYaml("a") + "], meta_storage: [{ type: folder, connection: { path: " + path +
              "/../a/ } }], daemon: { configuration: { number_of_workers: 2 } } }\n");
  EXPECT_EQ(leptir({"check"}).exit, 0);
  const auto done = push({"noop"}), failed = push({"fail"});
  ASSERT_EQ(drain(), 0);
  EXPECT_TRUE(hasSucceeded(done));
  EXPECT_EQ(info(failed).at("retC"), 3);
  const auto listed = leptir({"tasks"}).out;
  EXPECT_NE(listed.find(done), std::string::npos) << listed;
  EXPECT_NE(listed.find(failed), std::string::npos) << listed;
}

TEST_F(OwnBackendTest, TheLogSaysWhichDamagedFilesWereSetAside) {
  const auto id = push({"noop"});
  std::ofstream(folder / "a/tasks/x.task") << "nonsense";
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  EXPECT_TRUE(eventually([&] {
    return instance->output().find("x.task: it is no file of this store; it is set aside") != std::string::npos;
  })) << instance->output();
}

TEST_F(OwnBackendTest, IsUsedByEveryCommand) {
  EXPECT_EQ(leptir({"check"}).exit, 0);
  EXPECT_FALSE(fs::exists(folder / "a")) << "looking makes nothing";
  const auto id = push({"noop", "--delaySeconds=3600"});
  EXPECT_EQ(push({"noop", "--delaySeconds=3600", "--id=" + id}), id);
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 1);
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  EXPECT_EQ(info(id).at("cause"), "cancelled");
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 0);
}

TEST_F(OwnBackendTest, IsUnknownToAProgramThatDoesNotRegisterIt) {
  program = buildFolder() / "leptir";
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 78);
  EXPECT_NE(answer.err.find("unknown type 'folder'"), std::string::npos) << answer.err;
}

TEST_F(OwnBackendTest, StatusShowsItsSessions) {
  const auto instance = start();
  push({"sleep", "seconds:=60"});
  ASSERT_TRUE(eventually([&] { return !status().at("sessions").empty() && status()["sessions"][0]["leased"] == 1; }));
  const auto session = status().at("sessions").at(0);
  EXPECT_EQ(session.at("broker"), "a");
  EXPECT_EQ(session.at("pid"), instance->pid());
  EXPECT_EQ(session.at("workers"), 2);
  EXPECT_GT(session.at("expiresIn").get<double>(), 0);
  const auto text = leptir({"status"}).out;
  EXPECT_NE(text.find("instances at broker a\n"), std::string::npos) << text;
}

TEST_F(OwnBackendTest, ACancelRequestEndsARunningTask) {
  const ShortLease lease;  // its session gets the request when it renews
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=60"});
  ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 2; }));
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  EXPECT_TRUE(eventually([&] { return info(id).value("cause", "") == "cancelled"; }));
}

TEST_F(OwnBackendTest, AReloadOpensAFurtherStoreOfTheType) {
  const auto instance = start();
  waitUntilRunning();
  writeConfig(yamlWith("a", "b"));
  instance->signal(SIGHUP);
  const auto id = push({"noop", "--broker=b"});
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
}

TEST_F(OwnBackendTest, TheTasksOfAKilledInstanceRunAgain) {
  const ShortLease lease;
  const auto id = push({"sleep", "seconds:=2"});
  {
    const auto killed = start();
    ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 2; }));
    killed->signal(SIGKILL);
    killed->waitForExit();
  }
  EXPECT_EQ(drain(), 0);
  EXPECT_TRUE(hasSucceeded(id));
  EXPECT_EQ(info(id).at("attempt"), 2);
}

}  // namespace
}  // namespace leptir::e2e
