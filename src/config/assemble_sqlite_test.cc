// Stores that only a build with SQLite has; the other tests are in assemble_test.cc.
#include "config/assemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A state folder of its own for one test.
class AssembleSqlite : public testing::Test {
 protected:
  AssembleSqlite() { ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1); }
  ~AssembleSqlite() override { ::unsetenv("XDG_STATE_HOME"); }

  // A configuration with two brokers in one folder and records beside them.
  Config twoFiles() const {
    const auto file = folder.write("leptir.yaml", R"(brokers:
  - {name: urgent, type: sqlite, connection: {path: urgent.db}, configuration: {priority: -1}}
  - {name: bulk, type: sqlite, connection: {path: bulk.db}, configuration: {priority: 5}}
meta_storage:
  - {type: sqlite, connection: {path: bulk.db}, configuration: {required: false}}
)");
    auto config = loadConfig(file);
    EXPECT_TRUE(config) << config.error().message();
    return config.value_or(Config());
  }

  TempDir folder;
};

TEST_F(AssembleSqlite, DefaultConfigRunsOnOneFileInAFolderOfItsOwn) {
  const auto config = defaultConfig();
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_FALSE(std::filesystem::exists(folder / "leptir"));
  auto broker = openBroker(*config);
  ASSERT_TRUE(broker) << broker.error().message();
  auto records = openMetaStorage(*config);
  ASSERT_TRUE(records) << records.error().message();

  ASSERT_TRUE(broker->push("noop", Json::object()));
  EXPECT_EQ(broker->tasksCount().at(0).counts->due, 1u);
  struct stat status{};
  ASSERT_EQ(::stat((folder / "leptir").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_TRUE(std::filesystem::exists(folder / "leptir/leptir.db"));
}

TEST_F(AssembleSqlite, DefaultConfigHasAsManyWorkersAsCoresAndALog) {
  const auto config = defaultConfig();
  EXPECT_GE(config->daemon.numberOfWorkers, 1);
  EXPECT_THAT(config->loggers, SizeIs(1));
  EXPECT_EQ(config->metaStorages[0].expireAfter, std::chrono::hours(24 * 7));
  EXPECT_TRUE(config->file.empty());
}

TEST_F(AssembleSqlite, FactoriesOpenTheStoresThatTheConfigurationNames) {
  const Stores stores(twoFiles());
  const auto brokers = stores.brokerFactories();
  ASSERT_THAT(brokers, SizeIs(2));
  EXPECT_EQ(brokers[0].name, "urgent");
  EXPECT_EQ(brokers[1].priority, 5);
  EXPECT_TRUE(brokers[0].open());
  EXPECT_TRUE(brokers[1].open());
  EXPECT_TRUE(std::filesystem::exists(folder / "urgent.db"));

  const auto records = stores.metaStorageFactories();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_FALSE(records[0].required);
  EXPECT_TRUE(records[0].open());
}

TEST_F(AssembleSqlite, FactoriesWorkWithoutTheObjectThatMadeThem) {
  const auto factories = Stores(twoFiles()).brokerFactories();
  EXPECT_TRUE(factories[0].open());
}

TEST_F(AssembleSqlite, TasksPushedThroughOpenBrokerArriveInTheStoreOfTheFactory) {
  const auto config = twoFiles();
  auto broker = openBroker(config);
  ASSERT_TRUE(broker) << broker.error().message();
  ASSERT_TRUE(broker->push("noop", Json::object(), {.priority = 0}));
  const auto factories = Stores(config).brokerFactories();
  const auto bulk = factories[1].open();
  ASSERT_TRUE(bulk) << bulk.error().message();
  EXPECT_EQ((*bulk)->tasksCount()->due, 1u);
}

TEST_F(AssembleSqlite, SessionLockFilesAreOnePerStoreAndInstance) {
  const Stores stores(twoFiles());
  EXPECT_THAT(stores.sessionLockFiles("abc"), SizeIs(2));
  EXPECT_NE(stores.sessionLockFiles("abc"), stores.sessionLockFiles("def"));
}

TEST_F(AssembleSqlite, NamesTheStoreThatCannotBeOpened) {
  auto config = twoFiles();
  folder.write("bulk.db", "Dear database, I am a letter. " + std::string(5000, '.'));
  auto broker = openBroker(config);
  ASSERT_TRUE(broker) << broker.error().message();
  EXPECT_THAT(broker->push("noop", Json::object(), {.broker = "bulk"}).error().message(), HasSubstr("broker bulk: "));
  auto records = openMetaStorage(config);
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_THAT(records->loadMetaInfoById("t").error().message(), HasSubstr("meta storage sqlite: "));
}

}  // namespace
}  // namespace leptir::config
