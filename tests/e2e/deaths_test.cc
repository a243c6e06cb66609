// Kills each kind of process: no task is lost, and a killed dispatcher causes no task to run twice.
#include <csignal>

#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class DeathsTest : public Ledger {
 protected:
  DeathsTest() { writeConfig(defaultYaml(noteTask())); }
};

TEST_F(DeathsTest, AKilledDispatcherLosesAndRepeatsNoTask) {
  const auto ids = pushNotes(200);
  const auto instance = start({"--drain"});
  for (std::uint64_t after : {20, 60, 100}) {
    ASSERT_TRUE(eventually([&] { return done() >= after; })) << instance->output();
    const auto dispatcher = dispatcherPid();
    ASSERT_GT(dispatcher, 0);
    ASSERT_EQ(::kill(dispatcher, SIGKILL), 0);
  }
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  expectEachRanOnce(ids);
}

TEST_F(DeathsTest, AKilledWorkersTaskRunsAgain) {
  const auto id = push({"sleep", "seconds:=1"});
  const auto instance = start({"--drain"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  const auto now = status();
  for (const auto& worker : now.at("workers")) {
    if (!worker.at("task").is_null()) ::kill(worker["pid"].get<pid_t>(), SIGKILL);
  }
  EXPECT_EQ(instance->waitForExit(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 1);
}

TEST_F(DeathsTest, AllProcessesOfAKilledMasterEndAndItsTasksRunAgain) {
  const auto ids = pushNotes(100);
  auto instance = start();
  ASSERT_TRUE(eventually([&] { return done() >= 10; }));
  auto children = workerPids();
  children.push_back(dispatcherPid());
  instance->signal(SIGKILL);
  instance->waitForExit();
  for (const auto child : children) {
    EXPECT_TRUE(eventually([&] { return ::kill(child, 0) != 0; }, std::chrono::seconds(5))) << child;
  }
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(runs().size(), ids.size());
}

}  // namespace
}  // namespace leptir::e2e
