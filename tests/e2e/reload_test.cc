// Reload (HUP): the new configuration is applied as a whole or not at all; a new dispatcher takes over the tasks of the
// old one.
#include <csignal>
#include <sstream>

#include "tests/e2e/database.h"
#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class ReloadTest : public Ledger {
 protected:
  ReloadTest() { configure(); }

  struct Wanted {
    int workers = 2;
    bool main = true;   // with the broker `main`
    bool side = false;  // with a second broker, `side`
    std::string tasks{};
  };

  // Writes the configuration. The records lie in the database of `main` whatever brokers are configured.
  void configure(const Wanted& wanted) {
    const auto sqlite = [this](const std::string& file) {
      return "type: sqlite, connection: { path: " + (folder / file).string() + " } }\n";
    };
    writeConfig("leptir:\n  brokers:\n" + (wanted.main ? "    - { name: main, " + sqlite("leptir.db") : "") +
                (wanted.side ? "    - { name: side, " + sqlite("side.db") : "") + "  meta_storage:\n    - { " +
                sqlite("leptir.db") +
                "  loggers:\n    logfile: { type: file, options: { path: " + (folder / "leptir.log").string() +
                " } }\n"
                "    stdoutlog: { type: stdout }\n"
                "  daemon: { configuration: { number_of_workers: " +
                std::to_string(wanted.workers) + ", kill_grace: 0.2 } }\n" +
                (wanted.tasks.empty() ? "  tasks:\n" + noteEntry() + waitTask() : wanted.tasks));
  }
  void configure() { configure(Wanted{}); }

  std::string noteEntry() const {
    return "    note: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + (folder / "ledger").string() +
           "; sleep 0.02'] }\n"
           "    tally: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " +
           (folder / "ledger").string() + "'] }\n";
  }

  // The task `wait` runs until the file `go` exists; it appends its id to `began` at its start and to `ended` at its
  // end.
  std::string waitTask() const {
    const auto in = [this](const std::string& name) { return (folder / name).string(); };
    return "    wait: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + in("began") + "; while [ ! -e " + in("go") +
           " ]; do sleep 0.02; done; echo $LEPTIR_TASK_ID >> " + in("ended") + "'] }\n";
  }
  void createGoFile() const { std::ofstream(folder / "go") << "now"; }
  std::size_t linesOf(const std::string& name) const {
    std::ifstream file(folder / name);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    return lines;
  }

  std::size_t timesLogged(const std::string& text) const {
    std::ifstream log(folder / "leptir.log");
    std::size_t times = 0;
    for (std::string line; std::getline(log, line);) times += line.find(text) != std::string::npos ? 1 : 0;
    return times;
  }
  bool isLogged(const std::string& text, std::size_t times = 1) const {
    return eventually([&] { return timesLogged(text) >= times; });
  }
  std::string log() const {
    std::ifstream file(folder / "leptir.log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  bool reloads(const StartedInstance& instance) const {
    const auto before = timesLogged(kReloaded);
    instance.signal(SIGHUP);
    return isLogged(kReloaded, before + 1);
  }
  std::string endOf(StartedInstance& instance) {
    instance.signal(SIGTERM);
    return std::to_string(instance.waitForExit());
  }
  std::size_t busyWorkers() {
    const auto now = status();
    return static_cast<std::size_t>(
        std::ranges::count_if(now.at("workers"), [](const Json& worker) { return !worker.at("task").is_null(); }));
  }
  std::size_t workers() { return status().at("workers").size(); }

  static constexpr auto kReloaded = "The configuration is read again";
};

TEST_F(ReloadTest, WarnsAboutMissingCommandsAndFoldersAndAppliesTheRest) {
  const auto instance = start();
  waitUntilRunning();
  ASSERT_EQ(timesLogged("cannot run"), 0u);
  configure({.tasks = "  tasks:\n    lost: { command: [/no/such/program] }\n"
                      "    homeless: { command: [sh], directory: /no/such/folder }\n    fine: { command: [sh] }\n"});
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_EQ(timesLogged("task 'lost' cannot run: /no/such/program: no such file or directory"), 1u) << log();
  EXPECT_EQ(timesLogged("task 'homeless' cannot run: working directory: /no/such/folder: no such file"), 1u) << log();
  EXPECT_EQ(timesLogged("'fine'"), 0u) << log();
}

TEST_F(ReloadTest, LeptirReloadHasTheInstanceReadItsConfigurationAgain) {
  const auto none = leptir({"reload"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_EQ(none.err, "Leptir process is not running. Nothing to reload here.\n");
  const auto instance = start();
  waitUntilRunning();
  configure({.workers = 3});
  const auto reloaded = leptir({"reload"});
  EXPECT_EQ(reloaded.exit, 0) << reloaded.err;
  EXPECT_EQ(reloaded.out, "The instance (pid " + std::to_string(instance->pid()) +
                              ") has read its configuration again; its log says what has changed.\n");
  EXPECT_EQ(timesLogged(kReloaded), 1u) << "the command waits for the end of the reload";
  EXPECT_TRUE(eventually([this] { return workers() == 3; })) << log();
  const auto audit = leptir({"audit", "--json"}).json().at("actions");
  ASSERT_EQ(audit.size(), 1u);
  EXPECT_EQ(audit.at(0).at("action"), "reload");
}

TEST_F(ReloadTest, LeptirReloadSaysThatTheInstanceRefusesABrokenFile) {
  const auto instance = start();
  waitUntilRunning();
  writeConfig("leptir:\n  daemon: { configuration: { number_of_workers: many } }\n");
  const auto refused = leptir({"reload"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("the instance (pid " + std::to_string(instance->pid()) +
                             ") refuses the new configuration and goes on with the present one"),
            std::string::npos)
      << refused.err;
  EXPECT_EQ(timesLogged("The configuration stays as it was."), 1u);
  fs::remove(config);
  EXPECT_EQ(run({"reload", "--config=" + config.string()}).exit, 78) << "a file that is gone";
  configure();
  EXPECT_EQ(leptir({"reload"}).exit, 0);
}

TEST_F(ReloadTest, RefusesAnInvalidFileAndChangesNothing) {
  const auto instance = start();
  waitUntilRunning();
  push({"wait"});
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 1; }));
  const auto dispatcher = dispatcherPid();
  const auto pids = workerPids();

  writeConfig("leptir:\n  daemon: { configuration: { number_of_workers: many } }\n  nonsense: 3\n");
  instance->signal(SIGHUP);
  EXPECT_TRUE(isLogged("The configuration stays as it was.")) << log();
  EXPECT_TRUE(isLogged(config.string() + ":2")) << log();
  EXPECT_TRUE(isLogged(config.string() + ":3")) << log();

  configure();
  writeConfig(defaultYaml("    unclosed: [\n"));
  instance->signal(SIGHUP);
  EXPECT_TRUE(isLogged("The configuration stays as it was.", 2)) << log();
  fs::remove(config);
  instance->signal(SIGHUP);
  EXPECT_TRUE(isLogged("The configuration stays as it was.", 3)) << log();

  configure();
  EXPECT_EQ(dispatcherPid(), dispatcher);
  EXPECT_EQ(workerPids(), pids);
  createGoFile();
  EXPECT_EQ(endOf(*instance), "0");
  EXPECT_EQ(linesOf("began"), 1u);
  EXPECT_EQ(linesOf("ended"), 1u);
}

TEST_F(ReloadTest, RefusesAStoreThatCanNeverBeUsed) {
  const auto instance = start();
  waitUntilRunning();
  const auto dispatcher = dispatcherPid();
  std::ofstream(folder / "side.db") << std::string(10'000, 'x');
  configure({.side = true});
  instance->signal(SIGHUP);
  EXPECT_TRUE(isLogged("The configuration stays as it was.")) << log();
  EXPECT_TRUE(isLogged("side.db")) << log();
  configure();
  EXPECT_EQ(dispatcherPid(), dispatcher);
  EXPECT_EQ(endOf(*instance), "0");
}

TEST_F(ReloadTest, KeepsRunningTasksAndReplacesIdleWorkers) {
  const auto instance = start();
  waitUntilRunning();
  const auto id = push({"wait"});
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 1 && busyWorkers() == 1; }));
  const auto dispatcher = dispatcherPid();
  const auto before = workerPids();

  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_TRUE(eventually([&] { return dispatcherPid() != dispatcher && dispatcherPid() > 0; }));
  const auto kept = [&] {
    const auto after = workerPids();
    return (after[0] == before[0] ? 1 : 0) + (after[1] == before[1] ? 1 : 0);
  };
  EXPECT_TRUE(eventually([&] { return kept() == 1; })) << "the busy worker stays, the idle one is replaced";
  const auto ids = pushNotes(50);
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size(); })) << "the idle worker runs them";
  createGoFile();
  EXPECT_TRUE(eventually([&] { return kept() == 0; })) << "the busy worker is replaced after its task";
  EXPECT_EQ(endOf(*instance), "0");
  EXPECT_EQ(linesOf("began"), 1u);
  EXPECT_EQ(info(id).at("retC"), 1);
  EXPECT_EQ(info(id).at("attempt"), 1);
  expectEachRanOnce(ids);
}

TEST_F(ReloadTest, AddsWorkers) {
  const auto instance = start();
  waitUntilRunning();
  leptir({"push", "wait", "--number=5"});
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 2; }));
  configure({.workers = 5});
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_TRUE(isLogged("2 → 5 workers"));
  EXPECT_TRUE(eventually([&] { return linesOf("began") == 5; })) << "all at once, the first two still running";
  EXPECT_EQ(workers(), 5u);
  createGoFile();
  EXPECT_EQ(endOf(*instance), "0");
  EXPECT_EQ(linesOf("began"), 5u);
  EXPECT_EQ(linesOf("ended"), 5u);
}

TEST_F(ReloadTest, EndsSurplusWorkersAfterTheirTasks) {
  configure({.workers = 4});
  const auto instance = start();
  waitUntilRunning();
  leptir({"push", "wait", "--number=4"});
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 4; }));
  const auto ids = pushNotes(40);
  configure({.workers = 1});
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_EQ(workers(), 4u) << "workers that still run a task are shown";
  EXPECT_EQ(linesOf("ended"), 0u);
  createGoFile();
  EXPECT_TRUE(eventually([&] { return workers() == 1; }));
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size(); }));
  EXPECT_EQ(endOf(*instance), "0");
  EXPECT_EQ(linesOf("began"), 4u);
  EXPECT_EQ(linesOf("ended"), 4u);
  expectEachRanOnce(ids);
}

TEST_F(ReloadTest, AddsABrokerAndRunsItsTasks) {
  const auto instance = start();
  waitUntilRunning();
  push({"wait"});
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 1; }));
  configure({.side = true});
  const auto ids = leptir({"push", "note", "--broker=side", "--number=60"}).lines();
  ASSERT_EQ(ids.size(), 60u);
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_TRUE(isLogged("broker side added"));
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size(); })) << log();
  // The instance has opened a session in the new broker.
  Database side(folder / "side.db");
  EXPECT_EQ(side.run("SELECT state FROM leptir_sessions").size(), 1u);
  createGoFile();
  EXPECT_EQ(endOf(*instance), "0");
  EXPECT_EQ(linesOf("began"), 1u);
  expectEachRanOnce(ids);
}

TEST_F(ReloadTest, RemovesABrokerOnceItsLeasedTasksAreSettled) {
  configure({.side = true});
  const auto instance = start();
  waitUntilRunning();
  const auto id = leptir({"push", "wait", "--broker=side"}).lines().at(0);
  ASSERT_TRUE(eventually([&] { return linesOf("began") == 1; }));
  configure();
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_TRUE(isLogged("broker side removed"));
  Database side(folder / "side.db");
  const auto later = side.run("INSERT INTO leptir_tasks (id, due, envelope) VALUES ('later', 1700000000000000, ?)",
                              {R"({"cn":"note","pr":0,"tl":0,"toex":"","td":{"id":"later","parameters":{}}})"});
  const auto ids = pushNotes(30);
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size(); }));
  EXPECT_FALSE(runs().contains("later")) << "nothing is leased from the removed broker";
  EXPECT_EQ(timesLogged("no longer configured, all tasks settled"), 0u) << "a task of the removed broker still runs";

  createGoFile();
  EXPECT_TRUE(isLogged("no longer configured, all tasks settled")) << log();
  EXPECT_TRUE(eventually([&] { return side.run("SELECT 1 FROM leptir_tasks").size() == 1; }));
  EXPECT_EQ(info(id).at("retC"), 1);
  EXPECT_EQ(linesOf("began"), 1u);

  configure({.side = true});
  ASSERT_TRUE(reloads(*instance)) << log();
  EXPECT_TRUE(eventually([&] { return runs().contains("later"); })) << "the broker was added again";
  EXPECT_EQ(endOf(*instance), "0");
}

TEST_F(ReloadTest, ChangesWhichTasksAreKnown) {
  configure({.tasks = "  tasks: { other: { command: [/bin/true] } }\n"});
  const auto instance = start();
  waitUntilRunning();
  const auto ids = pushNotes(5);
  ASSERT_TRUE(isLogged("No task of this name is known here", 5)) << log();
  configure();
  ASSERT_TRUE(reloads(*instance)) << log();
  const auto more = pushNotes(5);
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size() + more.size(); })) << log();
  EXPECT_EQ(endOf(*instance), "0");
}

TEST_F(ReloadTest, LosesAndRepeatsNoTaskUnderLoad) {
  configure({.workers = 3});
  const auto noops = leptir({"push", "noop", "--number=10000"}).lines();
  const auto ids = leptir({"push", "tally", "--number=1500"}).lines();
  const auto instance = start({"--drain"});
  int workers = 1;
  for (std::uint64_t after : {1'000, 5'000, 10'050, 10'300, 10'500, 10'700}) {
    ASSERT_TRUE(eventually([&] { return done() >= after; })) << log();
    configure({.workers = 1 + workers++ % 4});
    ASSERT_TRUE(reloads(*instance)) << log();
  }
  EXPECT_EQ(instance->waitForExit(), 0) << log();
  expectEachRanOnce(ids);
  Database database(folder / "leptir.db");
  EXPECT_EQ(database.run("SELECT 1 FROM leptir_tasks").size(), 0u);
  const auto attempts = database.run("SELECT 1 FROM leptir_records");
  EXPECT_EQ(attempts.size(), noops.size() + ids.size());
}

TEST_F(ReloadTest, AppliesTheLastOfTwoReloadsInQuickSuccession) {
  const auto instance = start();
  waitUntilRunning();
  configure({.workers = 3});
  instance->signal(SIGHUP);
  configure({.workers = 4});
  instance->signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return workers() == 4; })) << log();
  const auto ids = pushNotes(20);
  EXPECT_TRUE(eventually([&] { return runs().size() == ids.size(); }));
  EXPECT_EQ(endOf(*instance), "0");
  expectEachRanOnce(ids);
}

}  // namespace
}  // namespace leptir::e2e
