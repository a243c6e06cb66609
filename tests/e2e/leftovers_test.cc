// What a task leaves behind must not affect the next task: processes, CPU time, memory, passwords.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "base/process_tree.h"
#include "tests/e2e/installation.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LeftoversTest : public Installation {
 protected:
  // The task `leave` starts a process, leaves it running and responds with its pid.
  void configure(const std::string& rules = "") {
    writeConfig(defaultYaml("  tasks:\n    leave: { command: [/bin/sh, -c, 'sleep 1000 >/dev/null 2>&1 & echo $!']" +
                            rules + " }\n"));
  }
  Json recordOf(const std::string& id) {
    EXPECT_TRUE(eventually([&] {
      const auto answer = leptir({"info", id});
      return answer.exit == 0 && answer.json().contains("cause");
    }));
    return info(id);
  }
  static bool runs(int process) {
    const auto found = base::processInfo(process);
    return found && !found->dead;
  }
};

TEST_F(LeftoversTest, ProcessesThatATaskLeavesRunningAreEndedAndLogged) {
  configure();
  const auto id = push({"leave"});
  const auto instance = start();
  const auto left = std::stoi(recordOf(id).at("respM").get<std::string>());
  EXPECT_FALSE(runs(left)) << "the process has ended once the record exists";
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("[" + id + "](leave) Killed what this task left running: process " +
                                            std::to_string(left) + " (sleep)"));
}

TEST_F(LeftoversTest, KeptDescendantsOutliveTheirTaskTheirWorkerAndAStop) {
  configure(", keep_descendants: true");
  const auto id = push({"leave"});
  const auto instance = start();
  const auto left = std::stoi(recordOf(id).at("respM").get<std::string>());
  EXPECT_TRUE(runs(left));
  recordOf(push({"hang", "--timeLimit=1"}));
  recordOf(push({"hang", "--timeLimit=1"}));  // ends both workers, or one of them twice
  EXPECT_TRUE(runs(left));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_TRUE(runs(left));
  EXPECT_THAT(instance->output(), Not(HasSubstr("left running")));
  ::kill(left, SIGKILL);
}

TEST_F(LeftoversTest, DescendantsOfARunThatIsEndedAreNotKept) {
  writeConfig(
      defaultYaml("  tasks:\n    leave: { command: [/bin/sh, -c, 'sleep 1000 & echo $!; sleep 1000'],"
                  " keep_descendants: true, time_limit: 1 }\n"));
  const auto id = push({"leave"});
  const auto instance = start();
  const auto record = recordOf(id);
  EXPECT_EQ(record.at("cause"), "timed_out");
  const auto left = std::stoi(record.at("respM").get<std::string>());
  EXPECT_TRUE(eventually([&] { return !runs(left); }));
}

TEST_F(LeftoversTest, ARecordHasThePidOfTheWorkerAndTheCpuTimeOfItsRunOnly) {
  writeConfig(
      "leptir: { brokers: [ { type: sqlite, connection: { path: leptir.db } } ],"
      " meta_storage: [ { type: sqlite, connection: { path: leptir.db } } ], loggers: { out: { type: stdout } },"
      " daemon: { configuration: { number_of_workers: 1 } }, tasks:"
      " { burn: { command: [/bin/sh, -c, 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'] } } }");
  const auto burn = push({"burn"});
  const auto instance = start();
  const auto burnt = recordOf(burn);
  const auto workers = workerPids();
  EXPECT_NE(std::ranges::find(workers, burnt.at("pid").get<pid_t>()), workers.end()) << burnt.dump();
  const auto record = recordOf(push({"hang", "--timeLimit=1"}));
  EXPECT_EQ(record.at("pid"), burnt.at("pid"));
  EXPECT_LT(record.value("cpuTime", 0.0), burnt.at("cpuTime").get<double>() / 2) << record.dump();
}

TEST_F(LeftoversTest, TheRecordOfAnEndedProgramHasNoStackOfTheWorker) {
  writeConfig(defaultYaml("  tasks:\n    wait: { command: [sleep, '1000'], time_limit: 1 }\n"));
  const auto id = push({"wait"});
  const auto instance = start();
  const auto record = recordOf(id);
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_FALSE(record.contains("stack")) << record.dump();
}

TEST_F(LeftoversTest, CheckAndStartSayWhichCommandCannotRun) {
  writeConfig(
      defaultYaml("  tasks:\n    lost: { command: [/no/such/program] }\n"
                  "    homeless: { command: [sh], directory: /no/such/folder }\n    fine: { command: [sh] }\n"));
  const auto check = leptir({"check"});
  EXPECT_EQ(check.exit, 78);
  EXPECT_THAT(check.out, HasSubstr("task 'lost' cannot run: /no/such/program: no such file or directory\n"));
  EXPECT_THAT(check.out, HasSubstr("task 'homeless' cannot run: working directory: /no/such/folder: no such file"));
  EXPECT_THAT(check.out, Not(HasSubstr("fine")));
  const auto id = push({"noop"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("retC"), 1) << "the other tasks run";
  EXPECT_THAT(instance->output(), HasSubstr("task 'lost' cannot run: /no/such/program"));
}

TEST_F(LeftoversTest, ARecordWithVeryManyFieldsIsSaved) {
  program = buildFolder() / "dying_tasks";
  const auto id = push({"many_fields", "count:=120000"});
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("field119999"), 119999);
}

TEST_F(LeftoversTest, TheEnvironmentOfAWorkerHasNoPasswordOfAStore) {
  ::setenv("LEPTIR_TEST_PASSWORD", "correct-horse-battery", 1);
  writeConfig(
      "leptir: { brokers: [ { type: sqlite, connection: { path: leptir.db } } ],"
      " meta_storage: [ { type: sqlite, connection: { path: leptir.db } },"
      " { type: redis, connection: { host: 127.0.0.1, port: 1, password: \"${LEPTIR_TEST_PASSWORD}\" },"
      " configuration: { required: false } } ],"
      " tasks: { look: { command: [/bin/sh, -c, 'tr \"\\0\" \"\\n\" < /proc/$PPID/environ'] } } }");
  const auto id = push({"look"});
  const auto instance = start();
  const auto seen = recordOf(id).at("respM").get<std::string>();
  ::unsetenv("LEPTIR_TEST_PASSWORD");
  EXPECT_THAT(seen, HasSubstr("XDG_STATE_HOME="));
  EXPECT_THAT(seen, Not(HasSubstr("correct-horse")));
}

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer maps terabytes, which take hours to search
TEST_F(LeftoversTest, TheMemoryOfAWorkerHasNoPasswordOfAStore) {
  program = buildFolder() / "dying_tasks";
  writeConfig(
      "leptir: { brokers: [ { type: sqlite, connection: { path: leptir.db } } ],"
      " meta_storage: [ { type: sqlite, connection: { path: leptir.db } },"
      " { type: redis, connection: { host: 127.0.0.1, port: 1, password: correct-horse-battery }, configuration: { "
      "required: false } } ],"
      " daemon: { configuration: { number_of_workers: 1 } } }");
  const auto id = push({"search_memory", "first=correct-horse", "second=-battery"});
  const auto instance = start();
  EXPECT_EQ(recordOf(id).at("respM"), "1") << "the searched text itself";
}
#endif

}  // namespace
}  // namespace leptir::e2e
