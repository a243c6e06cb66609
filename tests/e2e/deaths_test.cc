// Every process may die, at any moment: nothing is lost, and the dispatcher's death alone repeats nothing.
#include "tests/e2e/installation.h"

#include <csignal>
#include <fstream>
#include <map>

namespace leptir::e2e {
namespace {

// Tasks that write a line each when they begin, so that every run can be counted.
class DeathsTest : public Installation {
 protected:
  DeathsTest() {
    writeConfig(defaultYaml("  tasks: { note: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " +
                            (folder / "ledger").string() + "; sleep 0.02'] } }\n"));
  }

  std::vector<std::string> pushNotes(int number) {
    return leptir({"push", "note", "--number=" + std::to_string(number)}).lines();
  }

  std::map<std::string, int> runs() const {
    std::map<std::string, int> runs;
    std::ifstream ledger(folder / "ledger");
    for (std::string id; std::getline(ledger, id);) ++runs[id];
    return runs;
  }

  std::uint64_t done() {
    const auto now = status();
    return now.at("instance").is_null() ? 0 : now["instance"]["done"].get<std::uint64_t>();
  }
};

TEST_F(DeathsTest, AKilledDispatcherLosesNothingAndRepeatsNothing) {
  const auto ids = pushNotes(200);
  const auto instance = start({"--drain"});
  for (std::uint64_t after : {20, 60, 100}) {
    ASSERT_TRUE(eventually([&] { return done() >= after; })) << instance->output();
    const auto dispatcher = dispatcherPid();
    ASSERT_GT(dispatcher, 0);
    ASSERT_EQ(::kill(dispatcher, SIGKILL), 0);
  }
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  const auto counted = runs();
  EXPECT_EQ(counted.size(), ids.size());
  for (const auto& [id, times] : counted) EXPECT_EQ(times, 1) << id;
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

TEST_F(DeathsTest, AKilledMasterTakesEverythingWithItAndItsTasksComeBackAtOnce) {
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
