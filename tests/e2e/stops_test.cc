// Stops of an instance: which running tasks finish, and which go back to the queue.
#include <csignal>

#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class StopsTest : public Ledger {
 protected:
  StopsTest() {
    const auto in = [this](const std::string& name) { return (folder / name).string(); };
    // The program is a shell loop, which TERM ends.
    writeConfig(defaultYaml("  tasks:\n    wait: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + in("ledger") +
                            "; while [ ! -e " + in("go") + " ]; do sleep 0.02; done'] }\n"));
  }
  void createGoFile() const { std::ofstream(folder / "go") << "now"; }

  std::string pushAndBegin() {
    const auto id = push({"wait"});
    EXPECT_TRUE(eventually([&] { return runs().contains(id); }));
    return id;
  }

  static std::vector<pid_t> treeBelow(pid_t root) {
    std::vector<pid_t> tree{root};
    for (std::size_t i = 0; i < tree.size(); ++i) {
      const auto pid = std::to_string(tree[i]);
      std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
      for (pid_t child = 0; children >> child;) tree.push_back(child);
    }
    return tree;
  }

  std::string logged() const {
    std::ifstream log(folder / "leptir.log");
    return {std::istreambuf_iterator<char>(log), {}};
  }
  bool isLogged(const std::string& text) const {
    return eventually([&] { return logged().find(text) != std::string::npos; });
  }
};

TEST_F(StopsTest, ASecondTermChangesNothing) {
  const auto instance = start();
  const auto id = pushAndBegin();
  instance->signal(SIGTERM);
  ASSERT_TRUE(isLogged("Shutdown procedure triggered"));
  for (int i = 0; i < 3; ++i) instance->signal(i == 1 ? SIGINT : SIGTERM);
  const auto later = push({"wait"});
  createGoFile();
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("retC"), 1);
  EXPECT_EQ(info(later).at("state"), "due") << "a stopping instance leases no tasks";
  EXPECT_EQ(runs().at(id), 1);
}

TEST_F(StopsTest, ATermToEveryProcessGivesTheEndedProgramsBack) {
  const auto instance = start();
  const auto first = pushAndBegin(), second = pushAndBegin();
  for (const auto pid : treeBelow(instance->pid())) ::kill(pid, SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0) << logged();
  for (const auto& id : {first, second}) EXPECT_EQ(info(id).at("state"), "due") << info(id);
  createGoFile();
  EXPECT_EQ(drain(), 0);
  for (const auto& id : {first, second}) {
    EXPECT_EQ(info(id).at("retC"), 1);
    EXPECT_EQ(info(id).at("attempt"), 1) << "it did not use up an attempt";
  }
}

TEST_F(StopsTest, ATermToTheProgramOfATaskAloneCountsAsACrash) {
  const auto instance = start({"--drain"});
  const auto id = pushAndBegin();
  const auto master = instance->pid();
  const auto shell = treeBelow(master);
  std::ifstream workers("/proc/" + std::to_string(master) + "/task/" + std::to_string(master) + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; workers >> child;) children.push_back(child);
  for (const auto pid : shell) {
    if (pid != master && std::ranges::find(children, pid) == children.end()) ::kill(pid, SIGTERM);
  }
  EXPECT_TRUE(eventually([&] { return runs().at(id) == 2; })) << "the task runs again at once";
  createGoFile();
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("attempt"), 2);
}

TEST_F(StopsTest, AQuitEndsRunningTasksAtOnceAndGivesThemBack) {
  const auto instance = start();
  const auto id = pushAndBegin();
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("state"), "due");
  createGoFile();
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("attempt"), 1);
}

}  // namespace
}  // namespace leptir::e2e
