// `max_running`: how many tasks of a name one instance runs at once.
#include <csignal>
#include <fstream>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class MaxRunningTest : public Installation {
 protected:
  // The task `few` appends "begin" to a file, runs for `seconds` and appends "end".
  void configure(int maxRunning, const std::string& seconds, int workers = 6) {
    const auto file = (folder / "runs").string();
    auto yaml =
        defaultYaml("  tasks:\n    few: { command: [/bin/sh, -c, 'echo begin >> " + file + "; sleep " + seconds +
                    "; echo end >> " + file + "'], max_running: " + std::to_string(maxRunning) + " }\n");
    const std::string before = "number_of_workers: 2";
    yaml.replace(yaml.find(before), before.size(), "number_of_workers: " + std::to_string(workers));
    writeConfig(yaml);
  }

  struct Runs {
    int begun = 0, running = 0, most = 0;
  };
  Runs runs() const {
    Runs runs;
    std::ifstream file(folder / "runs");
    for (std::string line; std::getline(file, line);) {
      if (line == "end") {
        --runs.running;
      } else {
        ++runs.begun;
        runs.most = std::max(runs.most, ++runs.running);
      }
    }
    return runs;
  }
};

TEST_F(MaxRunningTest, NoMoreTasksOfTheNameRunAtOnceAndOthersAreNotHeldUp) {
  configure(2, "0.3");
  leptir({"push", "few", "--number=20", "--quiet"});
  const auto others = leptir({"push", "sleep", "seconds:=0.05", "--number=20"}).lines();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(others.back()); })) << instance->output();
  EXPECT_LT(runs().begun, 15) << "the others were behind 20 tasks that take 3 s in all";
  ASSERT_TRUE(eventually([&] { return runs().begun == 20 && runs().running == 0; }));
  EXPECT_EQ(runs().most, 2);
}

TEST_F(MaxRunningTest, TheLimitHoldsWhenTheDispatcherIsKilled) {
  configure(2, "0.1");
  leptir({"push", "few", "--number=40", "--quiet"});
  const auto instance = start({"--drain"});
  for (const int after : {5, 15, 25}) {
    ASSERT_TRUE(eventually([&] { return runs().begun >= after; })) << instance->output();
    ASSERT_EQ(::kill(dispatcherPid(), SIGKILL), 0);
  }
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  EXPECT_EQ(runs().begun, 40);
  EXPECT_EQ(runs().most, 2);
}

TEST_F(MaxRunningTest, AReloadChangesTheLimitAndRunningTasksFinish) {
  configure(4, "1");
  leptir({"push", "few", "--number=12", "--quiet"});
  const auto instance = start({"--drain"});
  ASSERT_TRUE(eventually([&] { return runs().running == 4; })) << instance->output();
  const auto atTheReload = runs().begun;
  configure(1, "0.2");
  instance->signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return runs().begun > atTheReload + 4; })) << instance->output();
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  EXPECT_EQ(runs().most, 4);
  std::ifstream file(folder / "runs");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 24u);
  for (std::size_t i = lines.size() - 6; i < lines.size(); i += 2) {
    EXPECT_EQ(lines[i], "begin") << "the last tasks ran one after the other";
    EXPECT_EQ(lines[i + 1], "end");
  }
}

TEST_F(MaxRunningTest, ALimitThatIsNoPositiveNumberIsAMistakeOfTheConfiguration) {
  for (const auto* value : {"0", "-1", "1.5", "many"}) {
    writeConfig(defaultYaml("  tasks: { few: { max_running: " + std::string(value) + " } }\n"));
    const auto checked = leptir({"check"});
    EXPECT_EQ(checked.exit, 78) << value;
    EXPECT_THAT(checked.err + checked.out, HasSubstr("leptir.yaml:"));
    EXPECT_THAT(checked.err + checked.out, HasSubstr("'max_running' of task 'few' must be"));
  }
}

}  // namespace
}  // namespace leptir::e2e
