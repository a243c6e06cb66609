// Rules of task names in the configuration (limits, retries), and when workers are replaced.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

class RulesTest : public Installation {
 protected:
  Json recordOf(const std::string& task, const std::string& rules) {
    writeConfig(defaultYaml("  tasks:\n    " + task + ": " + rules + "\n"));
    const auto id = push({task});
    EXPECT_EQ(drain(), 0);
    return info(id);
  }
};

TEST_F(RulesTest, AProgramRunsUnderTheLimitsOfItsName) {
  const auto record = recordOf("limits",
                               "{ command: [/bin/sh, -c, 'ulimit -n; ulimit -f; ulimit -t; nice'],"
                               " open_files: 37, file_size: 4M, cpu_seconds: 9, nice: 7 }");
  EXPECT_EQ(record.at("retC"), 1) << record.dump();
  // `ulimit -f` counts blocks of 512 bytes.
  EXPECT_EQ(record.at("respM"), "37 8192 9 7");
}

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer reserves terabytes of addresses
TEST_F(RulesTest, OnlyTheTaskThatTakesTooMuchMemoryFails) {
  writeConfig(
      defaultYaml("  tasks:\n"
                  "    hog: { command: [/bin/sh, -c, 'head -c 300M /dev/zero | tail > /dev/null'], memory: 40M }\n"
                  "    free: { command: [/bin/sh, -c, 'head -c 100M /dev/zero | tail > /dev/null'] }\n"));
  const auto hog = push({"hog"});
  const auto other = push({"free"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(hog).at("retC"), 3) << info(hog).dump();
  EXPECT_EQ(info(other).at("retC"), 1) << info(other).dump();
}
#endif

TEST_F(RulesTest, RulesWithoutACommandApplyToATaskOfTheProgram) {
  const auto record = recordOf("hang", "{ time_limit: 0.5, memory: 64M }");
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_LT(record.at("exTime").get<double>(), 10);
}

TEST_F(RulesTest, AFailedTaskIsRetriedAsOftenAsTheRulesOfItsNameSay) {
  const auto record = recordOf("fail", "{ max_attempts: 3, retry_delay: 0.1 }");
  EXPECT_EQ(record.at("attempt"), 3);
  EXPECT_EQ(record.at("history").size(), 2u);
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), 1);
}

TEST_F(RulesTest, AnEndlessLoopEndsAtItsLimitOfCpuTime) {
  const auto record =
      recordOf("spin", "{ command: [/bin/sh, -c, 'while :; do :; done'], cpu_seconds: 1, time_limit: 60 }");
  EXPECT_NE(record.at("retC"), 1);
  EXPECT_LT(record.at("exTime").get<double>(), 30);
}

TEST_F(RulesTest, AWorkerEndsAfterMaxTasksPerWorker) {
  auto yaml = defaultYaml("  tasks: { who: { command: [/bin/sh, -c, 'echo $PPID'] } }\n");
  const std::string before = "number_of_workers: ";
  const auto at = yaml.find(before);
  ASSERT_NE(at, std::string::npos) << yaml;
  writeConfig(yaml.insert(at, "max_tasks_per_worker: 3, "));
  const auto ids = leptir({"push", "who", "--number=30"}).lines();
  ASSERT_EQ(drain(), 0);
  std::map<std::string, int> tasksOf;
  for (const auto& id : ids) ++tasksOf[info(id).at("respM").get<std::string>()];
  EXPECT_GE(tasksOf.size(), 10u);
  for (const auto& [worker, tasks] : tasksOf) EXPECT_LE(tasks, 3) << worker;
}

TEST_F(RulesTest, ATaskWithLimitsRunsInAFreshWorkerThatThenExits) {
  writeConfig(
      defaultYaml("  tasks:\n"
                  "    limited: { command: [/bin/sh, -c, 'echo $PPID'], nice: 1 }\n"
                  "    plain: { command: [/bin/sh, -c, 'echo $PPID'] }\n"));
  std::vector<std::string> limited, plain;
  for (int i = 0; i < 6; ++i) {
    plain.push_back(push({"plain"}));
    limited.push_back(push({"limited"}));
  }
  ASSERT_EQ(drain(), 0);
  std::set<std::string> workers;
  for (const auto& id : limited) {
    const auto worker = info(id).at("respM").get<std::string>();
    EXPECT_TRUE(workers.insert(worker).second) << worker;
  }
  for (const auto& id : plain) EXPECT_FALSE(workers.contains(info(id).at("respM").get<std::string>()));
}

// Tasks of a user's own program, which run inside the worker process.
class OwnTasksTest : public RulesTest {
 protected:
  OwnTasksTest() { program = buildFolder() / "dying_tasks"; }

  // The pids of the workers that ran these tasks; each response ends with it.
  std::vector<std::string> workersOf(const std::vector<std::string>& ids) {
    std::vector<std::string> workers;
    for (const auto& id : ids) {
      const auto lines = info(id).at("respM").get<std::string>();
      workers.push_back(lines.substr(lines.find_last_of(' ') + 1));
    }
    return workers;
  }
};

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer reserves terabytes of addresses
TEST_F(OwnTasksTest, RunUnderTheLimitsOfTheirName) {
  const auto record =
      recordOf("limits", "{ memory: 3G, cpu_seconds: 9, open_files: 77, file_size: 4M, nice: 19, time_limit: 30 }");
  std::istringstream said(record.at("respM").get<std::string>());
  std::uint64_t memory = 0, cpu = 0, files = 0, fileSize = 0, nice = 0;
  said >> memory >> cpu >> files >> fileSize >> nice;
  EXPECT_GE(memory, 3ull << 30) << record.dump();
  EXPECT_LE(memory, 4ull << 30) << "the limit plus the addresses of the slot";
  EXPECT_EQ(cpu, 9u);
  EXPECT_EQ(files, 77u);
  EXPECT_EQ(fileSize, 4u << 20);
  EXPECT_EQ(nice, 19u);
}
#endif

TEST_F(OwnTasksTest, CanAskForALaterRunWithoutUsingUpAnAttempt) {
  const auto id = push({"later", "file=" + (folder / "was here").string()});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] {
    const auto now = leptir({"info", id});
    return now.exit == 0 && now.json().value("cause", "") == "retry_later";
  }));
  EXPECT_EQ(info(id).at("status"), 1) << "pending again";
  ASSERT_TRUE(eventually([&] { return info(id).at("status") == 3; }));
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 1);
  EXPECT_EQ(record.at("attempt"), 1);
}

TEST_F(OwnTasksTest, AreNotRetriedAfterTheyDiscardThemselves) {
  const auto record = recordOf("discarded", "{ max_attempts: 5 }");
  EXPECT_EQ(record.at("cause"), "discarded");
  EXPECT_EQ(record.at("attempt"), 1);
  EXPECT_NE(record.at("respM").get<std::string>().find("the account is gone"), std::string::npos);
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), 0);
}

TEST_F(OwnTasksTest, RunInAFreshWorkerOnceMaxMemoryPerWorkerIsExceeded) {
  auto yaml = defaultYaml();
  const std::string before = "number_of_workers: 2";
  writeConfig(yaml.replace(yaml.find(before), before.size(), "number_of_workers: 1, max_memory_per_worker: 64M"));
  const auto ids = leptir({"push", "leak", "--number=12"}).lines();
  ASSERT_EQ(drain(), 0);
  std::map<std::string, int> tasksOf;
  for (const auto& worker : workersOf(ids)) ++tasksOf[worker];
  EXPECT_GE(tasksOf.size(), 3u);
  for (const auto& [worker, tasks] : tasksOf) EXPECT_LE(tasks, 4) << worker;
  for (const auto& id : ids) EXPECT_EQ(info(id).at("attempt"), 1) << "the worker was replaced between two tasks";
}

}  // namespace
}  // namespace leptir::e2e
