// The commands, their output and their exit status: what scripts rely on.
#include "tests/e2e/installation.h"
#include "tests/support/temp_dir.h"

#include <csignal>
#include <fstream>
#include <set>

namespace leptir::e2e {
namespace {

using CommandsTest = Installation;

TEST_F(CommandsTest, InfoShowsTheQueueOfAWaitingTask) {
  const auto id = push({"noop", "--delaySeconds=3600"});
  const auto json = info(id);
  EXPECT_EQ(json.at("id"), id);
  EXPECT_EQ(json.at("type"), "noop");
  EXPECT_EQ(json.at("status"), 1);
  EXPECT_EQ(json.at("state"), "scheduled");
  EXPECT_EQ(json.at("broker"), "local");
  EXPECT_GT(json.at("toex").get<double>(), 1.7e9);
}

TEST_F(CommandsTest, InfoExitsWithNotFoundForAnUnknownTask) {
  const auto answer = leptir({"info", "nobody"});
  EXPECT_EQ(answer.exit, 4);
  EXPECT_NE(answer.err.find("nobody"), std::string::npos);
}

TEST_F(CommandsTest, InfoAsksTheOtherStoresWhenOneCannotBeUsed) {
  const auto good = "{ type: sqlite, connection: { path: " + (folder / "good.db").string() + " } }";
  const std::string bad = "{ name: bad, type: sqlite, connection: { path: /proc/bad.db } }";
  config = writeConfig("{ brokers: [" + good + "], meta_storage: [" + good + "] }\n");
  const auto done = push({"noop"});
  ASSERT_EQ(drain(), 0);
  const auto waits = push({"noop"});

  config = writeConfig("{ brokers: [" + bad + ", " + good + "], meta_storage: [" + bad + ", " + good + "] }\n");
  EXPECT_EQ(info(done).at("retC"), 1);
  EXPECT_EQ(info(waits).at("state"), "due");
  const auto answer = leptir({"info", "nobody"});
  EXPECT_EQ(answer.exit, 69);
  EXPECT_NE(answer.err.find("/proc/bad.db"), std::string::npos) << answer.err;
}

TEST_F(CommandsTest, PushAndCancelUseTheOtherBrokersWhenOneCannotBeUsed) {
  config = writeConfig("{ brokers: [{ name: bad, type: sqlite, connection: { path: /proc/bad.db } }, " +
                       std::string("{ name: good, type: sqlite, configuration: { priority: 1 }, connection: { path: ") +
                       (folder / "good.db").string() + " } }] }\n");
  const auto id = push({"noop", "--broker=good", "--delaySeconds=3600"});
  const auto refused = leptir({"push", "noop", "--broker=bad"});
  EXPECT_EQ(refused.exit, 69);
  EXPECT_NE(refused.err.find("broker bad: "), std::string::npos) << refused.err;
  const auto brokers = status().at("brokers");
  EXPECT_TRUE(brokers.at(0).contains("error"));
  EXPECT_EQ(brokers.at(1).at("scheduled"), 1);
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  const auto unknown = leptir({"cancel", id});
  EXPECT_EQ(unknown.exit, 69) << "the task may wait in the broker that did not answer";
  EXPECT_NE(unknown.err.find("/proc/bad.db"), std::string::npos) << unknown.err;
}

TEST_F(CommandsTest, InfoShowsThatATaskGivenBackDuringItsRunWaitsAgain) {
  config = writeConfig(defaultYaml());
  const auto id = push({"sleep", "seconds:=60"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 2 && !info(id).contains("state"); }));
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("state"), "due");
}

TEST_F(CommandsTest, PushFailsIfItsOutputCannotBeWritten) {
  const auto command =
      program + " push noop --config=" + config.string() + " >/dev/full 2>" + (folder / "err").string();
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(readWholeFile(folder / "err").find("standard output: No space left"), std::string::npos);
}

TEST_F(CommandsTest, EveryCommandNamesTheErrorOfItsOutput) {
  push({"noop"});
  for (const std::string command : {"queues", "tasks", "names", "instances", "audit", "status", "tasks --state=due"}) {
    const auto line =
        program + " " + command + " --config=" + config.string() + " >/dev/full 2>" + (folder / "err").string();
    const int status = std::system(line.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << command;
    EXPECT_NE(readWholeFile(folder / "err").find("standard output: No space left"), std::string::npos)
        << command << ": " << readWholeFile(folder / "err");
  }
}

TEST_F(CommandsTest, StopEndsItsLineOfDotsBeforeItSaysThatTheInstanceStillRuns) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=600"});
  ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 2; }));
  const auto line =
      program + " stop --timeout=1.5 --config=" + config.string() + " >" + (folder / "both").string() + " 2>&1";
  const int status = std::system(line.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const auto said = readWholeFile(folder / "both");
  EXPECT_NE(said.find("\nleptir: the instance still runs after 1.5 s"), std::string::npos) << said;
  instance->signal(SIGQUIT);
}

TEST_F(CommandsTest, AConfiguredProgramWithTheNameOfATaskOfTheProgramIsAnError) {
  config = writeConfig("{ tasks: { noop: { command: [/bin/true] } } }\n");
  for (const auto* command : {"check", "start"}) {
    const auto answer = leptir({command});
    EXPECT_EQ(answer.exit, 78) << command << answer.err;
    EXPECT_NE((answer.out + answer.err).find("choose another name"), std::string::npos) << command << answer.err;
  }
}

TEST_F(CommandsTest, StatusWithoutAnInstanceShowsTheQueues) {
  push({"noop"});
  push({"noop", "--delaySeconds=3600"});
  const auto answer = leptir({"status", "--json"});
  EXPECT_EQ(answer.exit, 0);
  const auto json = answer.json();
  EXPECT_TRUE(json.at("instance").is_null());
  EXPECT_EQ(json.at("workers"), Json::array());
  EXPECT_EQ(json.at("brokers"),
            Json::parse(R"([{"name":"local","type":"sqlite","priority":0,"due":1,"scheduled":1,"leased":0,"buried":0,)"
                        R"("approximate":false,"paused":null,"pausedNames":[]}])"));
}

TEST_F(CommandsTest, StatusShowsTheTaskOfEachWorker) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=60"});
  ASSERT_TRUE(eventually([&] {
    const auto now = status();
    for (const auto& worker : now.at("workers")) {
      if (!worker.at("task").is_null())
        return worker["task"]["id"] == id && worker["task"]["name"] == "sleep" && worker["task"]["seconds"] >= 0;
    }
    return false;
  }));
  const auto json = status();
  EXPECT_EQ(json.at("instance").at("pid"), instance->pid());
  EXPECT_EQ(json.at("instance").at("session").get<std::string>().size(), 32u);
  EXPECT_EQ(json.at("brokers").at(0).at("leased"), 1);
  EXPECT_NE(leptir({"status"}).out.find("sleep " + id), std::string::npos);
}

TEST_F(CommandsTest, StatusShowsTheInstancesThatHaveASessionAtABroker) {
  EXPECT_EQ(status().at("sessions"), Json::array());
  const auto instance = start();
  push({"sleep", "seconds:=60"});
  ASSERT_TRUE(eventually([&] { return !status().at("sessions").empty() && status()["sessions"][0]["leased"] == 1; }));
  const auto json = status();
  ASSERT_EQ(json.at("sessions").size(), 1u);
  const auto& session = json.at("sessions").at(0);
  EXPECT_EQ(session.at("broker"), "local");
  EXPECT_EQ(session.at("instance"), json.at("instance").at("session"));
  EXPECT_EQ(session.at("pid"), instance->pid());
  EXPECT_EQ(session.at("workers"), json.at("workers").size());
  EXPECT_TRUE(session.at("expiresIn").is_null()) << "on SQLite a session lasts as long as its processes";
  const auto text = leptir({"status"}).out;
  EXPECT_NE(text.find("instances at broker local\n"), std::string::npos) << text;
  EXPECT_NE(text.find("with its processes\n"), std::string::npos) << text;
}

TEST_F(CommandsTest, StopExitsWithNotRunningIfNoInstanceRuns) {
  const auto answer = leptir({"stop"});
  EXPECT_EQ(answer.exit, 3);
  EXPECT_NE(answer.err.find("Nothing to stop here"), std::string::npos);
}

TEST_F(CommandsTest, StopLetsTheRunningTaskFinish) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=2"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  const auto answer = leptir({"stop"});
  EXPECT_EQ(answer.exit, 0);
  EXPECT_NE(answer.out.find("Stopping a little butterfly. You'll have to wait for all the tasks to finish though."),
            std::string::npos);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(info(id).at("retC"), 1);
  EXPECT_NE(instance->output().find("All good. I'm out for now."), std::string::npos) << instance->output();
}

TEST_F(CommandsTest, ADrainNamesTheTasksOfUnknownNamesThatItLeaves) {
  push({"unheard-of"});
  push({"unheard-of"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 1);
  const auto output = instance->output();
  EXPECT_NE(output.find("2 tasks of unknown names left in the queue: 'unheard-of'."), std::string::npos) << output;
  EXPECT_NE(output.find("tasks whose names this program does not know: exit status 1."), std::string::npos) << output;
  EXPECT_EQ(output.find("All good"), std::string::npos) << output;
}

TEST_F(CommandsTest, StopGivesUpWaitingAfterItsTimeout) {
  const auto instance = start();
  push({"sleep", "seconds:=60"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  EXPECT_EQ(leptir({"stop", "--timeout=0.3"}).exit, 1);
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
  const auto counts = status().at("brokers").at(0);
  EXPECT_EQ(counts.at("due"), 1) << "a task that QUIT ended goes back to the queue: " << counts.dump();
}

TEST_F(CommandsTest, ASecondStartIsRefused) {
  const auto first = start();
  waitUntilRunning();
  const auto second = leptir({"start"});
  EXPECT_EQ(second.exit, 1);
  EXPECT_NE(second.out.find("Leptir is already flying on this box."), std::string::npos) << second.out;
}

TEST_F(CommandsTest, ADaemonReturnsAtOnceAndLogsToFilesOnly) {
  const auto answer = leptir({"start", "--daemon"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_NE(answer.out.find("Starting a little butterfly. Fly buddy, fly!"), std::string::npos);
  const auto id = push({"noop"});
  EXPECT_TRUE(eventually([&] { return info(id).at("status") == 3; }));
  EXPECT_EQ(leptir({"stop"}).exit, 0);
  std::ifstream log(folder / "leptir.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_NE(text.find("[" + id + "](noop) Task started."), std::string::npos) << text;
}

TEST_F(CommandsTest, CheckPrintsWhatEachStoreCanDo) {
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_NE(answer.out.find("broker local: works"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("durability"), std::string::npos);
}

TEST_F(CommandsTest, EveryCommandHasHelp) {
  for (const auto* command : {"start", "stop", "status", "push", "info", "check", "bench"}) {
    const auto answer = run({command, "--help"});
    EXPECT_EQ(answer.exit, 0) << command;
    EXPECT_FALSE(answer.out.empty()) << command;
  }
  EXPECT_EQ(run({"--help"}).exit, 0);
  EXPECT_EQ(run({"fly"}).exit, 2);
  EXPECT_EQ(run({}).exit, 2);
}

TEST_F(CommandsTest, WithoutAConfigurationEverythingIsInOneSqliteFile) {
  const auto answer = run({"push", "noop"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  ASSERT_EQ(run({"start", "--drain"}).exit, 0);
  const auto record = run({"info", answer.lines().at(0)});
  EXPECT_EQ(record.json().at("retC"), 1);
  EXPECT_TRUE(fs::exists(folder / "state" / "leptir" / "leptir.db"));
}

TEST_F(CommandsTest, StatusSaysWhenTheInstanceIsReady) {
  const auto instance = start();
  EXPECT_TRUE(eventually([&] {
    const auto now = status();
    return !now.at("instance").is_null() && now["instance"].at("ready") == true;
  }));
}

TEST_F(CommandsTest, StatusSaysThatItIsNotKnownWhetherAnInstanceRuns) {
  fs::create_symlink(folder / "nowhere", folder / "link.pid");
  const auto forPeople = leptir({"status", "--pid=" + (folder / "link.pid").string()});
  EXPECT_EQ(forPeople.exit, 1);
  EXPECT_EQ(forPeople.lines().at(0), "not known whether an instance runs");
  EXPECT_NE(forPeople.err.find("is a symbolic link"), std::string::npos) << forPeople.err;
  const auto forPrograms = leptir({"status", "--json", "--pid=" + (folder / "link.pid").string()});
  EXPECT_EQ(forPrograms.exit, 1);
  EXPECT_NE(forPrograms.json().at("error").get<std::string>().find("is a symbolic link"), std::string::npos);
}

TEST_F(CommandsTest, BenchMeasuresTheStoresOfAConfiguration) {
  const auto answer = leptir({"bench", "--tasks=2000", "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.json().at("store"), "sqlite");
  EXPECT_GT(answer.json().at("tasksPerSecond"), 0);
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(CommandsTest, BenchMeasuresTasksThatSleep) {
  const auto answer = leptir({"bench", "--tasks=200", "--sleep=5", "--workers=2", "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_GT(answer.json().at("tasksPerSecond"), 0);
  EXPECT_LE(answer.json().at("tasksPerSecond"), 500) << "two workers run 400 in a second";
}

TEST_F(CommandsTest, BenchLeavesItsScheduledTasksInTheQueue) {
  const auto answer = leptir({"bench", "--tasks=2000", "--scheduled=1500", "--json"});
  ASSERT_EQ(answer.exit, 0) << answer.err;
  EXPECT_GT(answer.json().at("tasksPerSecond"), 0);
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 1500);
}

TEST_F(CommandsTest, BenchRefusesAQueueThatHoldsTasks) {
  push({"noop"});
  const auto answer = leptir({"bench", "--tasks=2000"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.err, ::testing::HasSubstr("holds tasks"));
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1);
}

TEST_F(CommandsTest, TasksListsTheNewestRecordsFirst) {
  const auto well = push({"noop"});
  ASSERT_EQ(drain(), 0);
  const auto threw = push({"throw"});
  ASSERT_EQ(drain(), 0);
  const auto table = leptir({"tasks"});
  EXPECT_EQ(table.exit, 0) << table.err;
  ASSERT_EQ(table.lines().size(), 3u) << table.out;
  EXPECT_THAT(table.lines()[1], ::testing::HasSubstr(threw));
  EXPECT_THAT(table.lines()[2], ::testing::HasSubstr(well));
  EXPECT_EQ(leptir({"tasks", "--limit=1"}).lines().size(), 2u);
  EXPECT_EQ(leptir({"tasks", "--limit=0"}).exit, 2);
}

TEST_F(CommandsTest, TasksFiltersByCauseAndName) {
  push({"noop"});
  const auto threw = push({"throw"});
  ASSERT_EQ(drain(), 0);
  const auto byCause = leptir({"tasks", "--cause=threw", "--json"});
  ASSERT_EQ(byCause.lines().size(), 1u) << byCause.out;
  EXPECT_EQ(byCause.json().at("id"), threw);
  EXPECT_EQ(leptir({"tasks", "--name=noop", "--json"}).lines().size(), 1u);
  EXPECT_EQ(leptir({"tasks", "--name=nobody", "--json"}).out, "");
}

TEST_F(CommandsTest, StatusAllFindsAnInstanceWithoutItsConfiguration) {
  EXPECT_EQ(run({"status", "--all", "--json"}).json().at("instances").size(), 0u);
  const auto instance = start();
  waitUntilRunning();
  const auto all = run({"status", "--all", "--json"}).json().at("instances");
  ASSERT_EQ(all.size(), 1u) << all.dump();
  EXPECT_EQ(all[0].at("pid"), instance->pid());
  EXPECT_EQ(all[0].at("configuration"), config.string());
  const auto pidFile = all[0].at("pidFile").get<std::string>();
  EXPECT_NE(run({"status", "--all"}).out.find("status --pid=" + pidFile), std::string::npos);
  EXPECT_EQ(run({"status", "--all", "--config=" + config.string()}).exit, 2) << "--all and --config exclude each other";
}

}  // namespace
}  // namespace leptir::e2e
