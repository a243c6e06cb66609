// Instances that are still starting: status shows them and stop ends them. Also what an instance prints about itself.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "leptir/version.h"
#include "src/base/unique_fd.h"
#include "tests/e2e/ledger.h"
#include "tests/e2e/silent_store.h"
#include "tests/support/folders.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

class StartingTest : public Ledger {
 protected:
  void configureSilentStore() {
    writeConfig("brokers: [ { type: redis, connection: { host: 127.0.0.1, port: " + store_.port() +
                " } } ]\nloggers: { logfile: { type: file, options: { path: " + (folder / "leptir.log").string() +
                " } } }\n");
  }
  bool holdsItsPidFile() {
    return eventually([&] { return leptir({"stop", "--timeout=0"}).exit != 3; });
  }
  std::string logged() const {
    std::ifstream log(folder / "leptir.log");
    return {std::istreambuf_iterator<char>(log), {}};
  }
  // The first line of `status`.
  std::string firstLine() {
    const auto lines = leptir({"status"}).lines();
    return lines.empty() ? "" : lines.front();
  }

  // From now on leptir's output goes into a pipe that is full and is never read.
  base::UniqueFd fillPipeOfOutput() {
    const auto pipe = folder / "pipe", script = folder / "into_pipe";
    EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    base::UniqueFd reader(::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    while (::write(reader.get(), std::string(4096, 'x').data(), 4096) > 0) continue;
    std::ofstream(script) << "#!/bin/sh\nexec " << program << " \"$@\" > " << pipe.string() << " 2>&1\n";
    fs::permissions(script, fs::perms::owner_all);
    program = script;
    return reader;
  }
  // Whether the process has replaced the shell that started it, and sleeps.
  static bool waits(const StartedInstance& instance) {
    const auto stat = readWholeFile("/proc/" + std::to_string(instance.pid()) + "/stat");
    return stat.find("(into_pipe)") == std::string::npos && stat.find(") S ") != std::string::npos;
  }
  static bool ends(const StartedInstance& instance) {
    return eventually([&] {
      siginfo_t ended{};
      ::waitid(P_PID, static_cast<id_t>(instance.pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
      return ended.si_pid != 0;
    });
  }

  const SilentStore store_;
};

TEST_F(StartingTest, StopEndsAnInstanceThatStillChecksItsStores) {
  configureSilentStore();
  const auto instance = start();
  ASSERT_TRUE(holdsItsPidFile());
  EXPECT_EQ(instance->waitForExit(), 0) << "it does not wait until the store times out after 5 s";
  EXPECT_NE(instance->output().find("leptir: stopped by a signal while it checked its stores"), std::string::npos)
      << instance->output();
  EXPECT_EQ(leptir({"stop"}).exit, 3);
}

TEST_F(StartingTest, AHupDuringTheCheckOfStoresDoesNotEndTheInstance) {
  configureSilentStore();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return firstLine().starts_with("starting as "); }));
  instance->signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return firstLine().find(", waiting for broker redis, ") != std::string::npos; }))
      << instance->output();
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StartingTest, StatusSaysWhatAStartWaitsFor) {
  configureSilentStore();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return firstLine().starts_with("starting as " + std::to_string(instance->pid())); }));
  EXPECT_TRUE(eventually([&] { return firstLine().find(", waiting for broker redis, ") != std::string::npos; }))
      << firstLine();
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StartingTest, TheFirstLogLineDescribesTheInstance) {
  const auto instance = start();
  waitUntilRunning();
  const auto text = logged();
  const auto first = text.substr(0, text.find('\n'));
  EXPECT_NE(first.find("leptir " + std::string(kVersion) + " starts: pid " + std::to_string(instance->pid()) +
                       ", configuration " + config.string() + ", brokers: local (sqlite), records: sqlite, 2 workers."),
            std::string::npos)
      << first;
}

TEST_F(StartingTest, ARefusedSecondStartNamesTheRunningInstance) {
  const auto first = start();
  waitUntilRunning();
  const auto second = leptir({"start"});
  EXPECT_EQ(second.exit, 1);
  EXPECT_NE(second.out.find("Leptir is already flying on this box. (pid " + std::to_string(first->pid()) + ", since "),
            std::string::npos)
      << second.out;
  EXPECT_NE(second.out.find(", configuration " + config.string() + ")"), std::string::npos) << second.out;
}

TEST_F(StartingTest, ADaemonWithoutAFileLoggerSaysThatItLogsNowhere) {
  writeConfig("brokers: [ { type: sqlite, connection: { path: q.db } } ]\nloggers: { out: { type: stdout } }\n");
  const auto answer = leptir({"start", "--daemon"});
  EXPECT_EQ(answer.exit, 0);
  EXPECT_NE(answer.err.find("no logger of type file is configured, and a daemon uses no other: it logs nothing"),
            std::string::npos)
      << answer.err;
  EXPECT_NE(answer.err.find("leptir: no meta_storage is configured: what becomes of tasks is not recorded"),
            std::string::npos)
      << answer.err;
  for (const auto* command : {"tasks", "info"}) {
    const auto looked = leptir(command == std::string("info") ? std::vector<std::string>{"info", "x"}
                                                              : std::vector<std::string>{"tasks"});
    EXPECT_NE(looked.err.find("no meta_storage is configured"), std::string::npos) << command << looked.err;
  }
  EXPECT_EQ(leptir({"stop"}).exit, 0);
}

TEST_F(StartingTest, AFullDiskIsNotReportedAsAConfigurationError) {
  const auto state = (folder / "state").string();
  fs::create_directories(state);
  const auto inFull = "unshare -m sh -c 'mount -t tmpfs -o size=8k none " + state + " && ";
  if (std::system((inFull + "true' 2>/dev/null").c_str()) != 0) GTEST_SKIP() << "only root can mount a small disk";
  const auto command =
      inFull + "exec " + program + " start --config=" + config.string() + "' >" + (folder / "out").string() + " 2>&1";
  const int status = std::system(command.c_str());
  const auto output = readWholeFile(folder / "out");
  EXPECT_EQ(WEXITSTATUS(status), 1) << output;
  EXPECT_NE(output.find("cannot write the status board: no space left on device"), std::string::npos) << output;
}

TEST_F(StartingTest, ARefusedStartDoesNotWaitForTheReaderOfItsOutput) {
  writeConfig(
      "brokers: [ { type: sqlite, connection: { path: q.db } } ]\n"
      "loggers: { logfile: { type: file, options: { path: /proc/none/log } } }\n");
  const auto reader = fillPipeOfOutput();
  const auto instance = start();
  ASSERT_TRUE(ends(*instance));
  EXPECT_EQ(instance->waitForExit(), 78);
}

TEST_F(StartingTest, AStartThatBlocksOnItsOutputStillEndsOnTerm) {
  program = buildFolder() / "dying_tasks";
  ::setenv("LEPTIR_TEST_PRINTS", "printed before runMain", 1);
  const auto reader = fillPipeOfOutput();
  const auto instance = start();
  ::unsetenv("LEPTIR_TEST_PRINTS");
  ASSERT_TRUE(eventually([&] { return waits(*instance); }));
  instance->signal(SIGTERM);
  ASSERT_TRUE(ends(*instance));
  EXPECT_EQ(instance->waitForExit(), 128 + SIGTERM);
}

TEST_F(StartingTest, ARefusedSecondStartEscapesThePathOfTheConfiguration) {
  config = writeConfig(defaultYaml(), "a\x1b[31mred.yaml");
  const auto first = start();
  waitUntilRunning();
  const auto second = leptir({"start"});
  EXPECT_EQ(second.exit, 1);
  EXPECT_NE(second.out.find("a\\x1b[31mred.yaml)"), std::string::npos) << second.out;
}

TEST_F(StartingTest, StatusAndStopWorkWithABrokenConfiguration) {
  const auto instance = start();
  waitUntilRunning();
  writeConfig("brokers: [ {");
  const auto shown = leptir({"status"});
  EXPECT_EQ(shown.exit, 0);
  EXPECT_NE(shown.out.find(" as " + std::to_string(instance->pid())), std::string::npos) << shown.out;
  EXPECT_NE(shown.err.find("leptir.yaml:"), std::string::npos) << shown.err;
  EXPECT_EQ(leptir({"stop"}).exit, 0);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StartingTest, StopAndStatusReportNotRunningEvenWithoutAReadableConfiguration) {
  for (const bool isMissing : {false, true}) {
    writeConfig("brokers: [ {");
    if (isMissing) fs::remove(config);
    const auto stop = leptir({"stop"});
    EXPECT_EQ(stop.exit, 3) << stop.err;
    EXPECT_NE(stop.err.find("Nothing to stop here"), std::string::npos) << stop.err;
    EXPECT_NE(stop.err.find("leptir.yaml"), std::string::npos) << "a mistyped path may be the reason: " << stop.err;
    const auto shown = leptir({"status"});
    EXPECT_EQ(shown.exit, 78) << "the queues cannot be shown";
    EXPECT_EQ(shown.out, "not running\n");
    EXPECT_NE(shown.err.find("leptir.yaml"), std::string::npos) << shown.err;
    const auto json = leptir({"status", "--json"});
    EXPECT_EQ(json.exit, 78);
    EXPECT_TRUE(json.json().at("instance").is_null());
  }
}

TEST_F(StartingTest, AnInstanceIsFoundByTheLinkThatItWasStartedWith) {
  for (const auto* release : {"1", "2"}) {
    fs::create_directories(folder / "releases" / release);
    writeConfig(defaultYaml(), std::string("releases/") + release + "/leptir.yaml");
  }
  const auto current = folder / "current";
  fs::create_symlink("releases/1", current);
  config = current / "leptir.yaml";
  const auto instance = start();
  waitUntilRunning();
  fs::remove(current);
  fs::create_symlink("releases/2", current);
  EXPECT_EQ(status().at("instance").at("pid"), instance->pid());
  EXPECT_EQ(leptir({"start"}).exit, 1) << "a second instance is refused";
  config = folder / "releases/1/leptir.yaml";
  EXPECT_EQ(status().at("instance").at("pid"), instance->pid()) << "by its real path, too";
  config = folder / "releases/2/leptir.yaml";
  EXPECT_TRUE(status().at("instance").is_null());
  config = current / "leptir.yaml";
  EXPECT_EQ(leptir({"stop"}).exit, 0);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StartingTest, StopSaysWhatItWaitsForAndHowToEndTasksAtOnce) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=600"});
  ASSERT_TRUE(eventually(
      [&] { return firstLine().starts_with("running") && leptir({"status"}).out.find(id) != std::string::npos; }));
  const auto answer = leptir({"stop", "--timeout=2"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("and waits for 1 running task: sleep " + id), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find("kill -QUIT " + std::to_string(instance->pid())), std::string::npos) << answer.err;
  EXPECT_TRUE(firstLine().starts_with("stopping as ")) << firstLine();
  instance->signal(SIGINT);
  EXPECT_TRUE(eventually([&] {
    return logged().find("Leptir stops and waits for 1 running task. To end running tasks at once: kill -QUIT ") !=
           std::string::npos;
  }));
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
