// The commands of operators, on queues and on a running instance.
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OperatingTest : public Installation {
 protected:
  // A broker whose only task is buried, after its last attempt.
  std::string bury() {
    const auto id = push({"fail", "why=test", "--maxAttempts=2"});
    EXPECT_EQ(drain(), 0);
    return id;
  }
  Json queue(std::size_t index = 0) { return leptir({"queues", "--json"}).json().at("queues").at(index); }
  Json instances() { return leptir({"instances", "--json"}).json().at("instances"); }
  // The id of the first task that a list prints.
  std::string firstOf(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--json", "--limit=1"});
    const auto answer = leptir(arguments);
    EXPECT_EQ(answer.exit, 0) << answer.err;
    return answer.lines().empty() ? std::string() : Json::parse(answer.lines()[0]).at("id").get<std::string>();
  }
  bool hasCard() { return instances().size() == 1 && instances().at(0).at("hasCard") == true; }
};

TEST_F(OperatingTest, QueuesShowsWhatWaitsAndForHowLong) {
  push({"noop"});
  push({"noop", "--delaySeconds=3600"});
  const auto shown = leptir({"queues"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  ASSERT_EQ(shown.lines().size(), 2u) << shown.out;
  EXPECT_THAT(shown.lines()[0], HasSubstr("oldest due"));
  const auto json = queue();
  EXPECT_EQ(json.at("due"), 1);
  EXPECT_EQ(json.at("scheduled"), 1);
  EXPECT_EQ(json.at("paused"), false);
  EXPECT_GE(json.at("oldestDue").get<double>(), 0);
  EXPECT_EQ(shown.out.find('\x1b'), std::string::npos) << "no colours without a terminal";
}

TEST_F(OperatingTest, OperatorsCommandsMakeNoDatabase) {
  for (const auto& command : {std::vector<std::string>{"queues"},
                              {"tasks", "--state=due"},
                              {"buried"},
                              {"instances"},
                              {"names"},
                              {"audit"}}) {
    EXPECT_EQ(leptir(command).exit, 0) << command[0] << leptir(command).err;
  }
  EXPECT_EQ(leptir({"cancel", "--all", "--yes"}).exit, 4);
  EXPECT_FALSE(fs::exists(folder / "leptir.db"));
}

TEST_F(OperatingTest, TasksListsWaitingTasksByStateNameIdAndTime) {
  const auto later = push({"noop", "--delaySeconds=3600", "--id=later-1"});
  push({"sleep", "--id=now-1"});
  EXPECT_EQ(leptir({"tasks", "--state=scheduled", "--json"}).json().at("id"), later);
  EXPECT_EQ(leptir({"tasks", "--broker=local", "--name=sleep", "--json"}).json().at("id"), "now-1");
  EXPECT_EQ(leptir({"tasks", "--state=due", "--id=no", "--json"}).lines().size(), 1u);
  EXPECT_EQ(leptir({"tasks", "--state=due", "--until=1h", "--json"}).out, "") << "it was due a moment ago";
  EXPECT_EQ(leptir({"tasks", "--state=due", "--since=1h", "--json"}).lines().size(), 1u);
  EXPECT_EQ(leptir({"tasks", "--state=elsewhere"}).exit, 2);
  EXPECT_EQ(leptir({"tasks", "--state=due", "--since=soon"}).exit, 2);
  const auto unknown = leptir({"tasks", "--broker=locl"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'local'?"));
}

TEST_F(OperatingTest, WaitingTasksAreSortedAsAsked) {
  push({"noop", "--delaySeconds=3600", "--id=first"});
  push({"noop", "--delaySeconds=7200", "--id=second"});
  EXPECT_EQ(firstOf({"tasks", "--state=scheduled"}), "first");
  EXPECT_EQ(firstOf({"tasks", "--state=scheduled", "--sort=due"}), "first");
  EXPECT_EQ(firstOf({"tasks", "--state=scheduled", "--sort=-due"}), "second");
  EXPECT_EQ(leptir({"tasks", "--state=due", "--sort=saved"}).exit, 2);
}

TEST_F(OperatingTest, BuriedTasksAndRecordsAreSortedAsAsked) {
  for (const auto* id : {"--id=failed-1", "--id=failed-2"}) {
    push({"fail", "--maxAttempts=2", id});
    ASSERT_EQ(drain(), 0);
  }
  EXPECT_EQ(firstOf({"buried", "list"}), "failed-1");
  EXPECT_EQ(firstOf({"buried", "list", "--sort=-buried"}), "failed-2");
  EXPECT_EQ(firstOf({"tasks", "--sort=saved"}), "failed-1");
  EXPECT_EQ(firstOf({"tasks"}), "failed-2");
  const auto refused = leptir({"tasks", "--sort=name"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, HasSubstr("--sort=-saved"));
}

TEST_F(OperatingTest, TasksGoesOnWhereAPageEnded) {
  leptir({"push", "noop", "--number=5"});
  const auto first = leptir({"tasks", "--state=due", "--limit=3", "--json"});
  ASSERT_EQ(first.lines().size(), 3u);
  const auto at = first.err.find("--cursor=");
  ASSERT_NE(at, std::string::npos) << first.err;
  auto cursor = first.err.substr(at);
  cursor.pop_back();  // the line end
  const auto second = leptir({"tasks", "--state=due", "--limit=3", "--json", cursor});
  EXPECT_EQ(second.lines().size(), 2u) << second.err;
  EXPECT_THAT(second.err, Not(HasSubstr("--cursor=")));
  EXPECT_EQ(leptir({"tasks", "--state=due", "--cursor=nonsense"}).exit, 2);
}

TEST_F(OperatingTest, BuriedTasksAreListedShownRevivedAndDeleted) {
  const auto id = bury();
  const auto list = leptir({"buried"});
  EXPECT_THAT(list.out, HasSubstr(id));
  EXPECT_THAT(list.out, HasSubstr("buried"));
  EXPECT_EQ(leptir({"buried", "list", "--json"}).json().at("attempts"), 2);
  const auto shown = leptir({"buried", "show", id.substr(0, 13)});
  EXPECT_THAT(shown.out, HasSubstr("\"cn\":\"fail\""));
  EXPECT_THAT(shown.out, HasSubstr("last run:"));
  const auto revived = leptir({"buried", "revive", id});
  EXPECT_EQ(revived.exit, 0) << revived.err;
  EXPECT_EQ(queue().at("due"), 1);
  EXPECT_EQ(leptir({"buried", "revive", id}).exit, 4) << "it is due";
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(leptir({"buried", "delete", "--reason=fail", "--yes"}).exit, 0);
  EXPECT_EQ(queue().at("buried"), 0);
  EXPECT_EQ(info(id).at("status"), 3) << "its record stays";
}

TEST_F(OperatingTest, AnActionOnSeveralTasksNeedsYesWithoutATerminal) {
  leptir({"push", "noop", "--number=3", "--delaySeconds=3600"});
  const auto refused = leptir({"cancel", "--name=noop"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, HasSubstr("this would cancel 3 tasks: add --yes"));
  const auto look = leptir({"cancel", "--name=noop", "--dry-run"});
  EXPECT_EQ(look.exit, 0);
  EXPECT_THAT(look.out, HasSubstr("This would cancel 3 tasks:"));
  EXPECT_EQ(queue().at("scheduled"), 3);
  const auto done = leptir({"cancel", "--name=noop", "--yes", "--json"}).json();
  EXPECT_EQ(done.at("changed"), 3);
  EXPECT_EQ(queue().at("scheduled"), 0);
}

TEST_F(OperatingTest, AnActionWithoutTasksOrWithBothIdsAndASelectionIsAMistake) {
  push({"noop", "--id=a"});
  EXPECT_THAT(leptir({"cancel"}).err, HasSubstr("which tasks? Give their ids"));
  for (const auto& wrong : {std::vector<std::string>{"cancel"},
                            {"cancel", "a", "--name=noop"},
                            {"cancel", "--all", "--name=noop"},
                            {"reschedule", "a"},
                            {"buried", "burn", "a"},
                            {"buried", "list", "a"}})
    EXPECT_EQ(leptir(wrong).exit, 2) << wrong[0];
  EXPECT_EQ(queue().at("due"), 1);
}

TEST_F(OperatingTest, ASelectionThatMatchesNothingSaysSo) {
  push({"noop"});
  const auto answer = leptir({"cancel", "--name=other", "--yes"});
  EXPECT_EQ(answer.exit, 4);
  EXPECT_THAT(answer.err, HasSubstr("no task matches (name other), so nothing was done"));
}

TEST_F(OperatingTest, WithoutATerminalAnActionNeedsTheWholeIdAndNamesTheTasksThatBeginSo) {
  push({"noop", "--id=order-11", "--delaySeconds=3600"});
  push({"noop", "--id=order-12", "--delaySeconds=3600"});
  for (const auto* command : {"run-now", "cancel"}) {
    const auto one = leptir({command, "order-1", "--yes"});
    EXPECT_EQ(one.exit, 4);
    EXPECT_THAT(one.err, HasSubstr("'order-1' fits 2 tasks: order-11, order-12"));
    const auto begins = leptir({command, "order-11", "order-12x", "order", "--dry-run"});
    EXPECT_THAT(begins.out, HasSubstr("1 task:"));
  }
  push({"noop", "--id=bill-17", "--delaySeconds=3600"});
  const auto begins = leptir({"cancel", "bill-1"});
  EXPECT_EQ(begins.exit, 4);
  EXPECT_THAT(begins.err, HasSubstr("no task 'bill-1' waits or runs"));
  EXPECT_THAT(begins.err, HasSubstr("task 'bill-17' has an id that begins so; this command needs the whole id"));
  EXPECT_EQ(queue().at("scheduled"), 3);
  EXPECT_EQ(leptir({"run-now", "order-11"}).exit, 0);
  EXPECT_EQ(queue().at("due"), 1);
}

TEST_F(OperatingTest, AtATerminalTheBeginningOfAnIdIsCompletedAfterAQuestionThatNamesTheTask) {
  push({"noop", "--id=order-11", "--delaySeconds=3600"});
  const auto cancel = [&](const std::string& answer) {
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid == 0) {
      const auto path = "--config=" + config.string();
      ::execl(program.c_str(), program.c_str(), "cancel", "order-1", path.c_str(), nullptr);
      ::_exit(127);
    }
    std::string shown;
    char bytes[1024];
    bool isAnswered = false;
    for (ssize_t got = 0; (got = ::read(terminal, bytes, sizeof bytes)) > 0;) {
      shown.append(bytes, static_cast<std::size_t>(got));
      if (isAnswered || shown.find("[y/N]") == std::string::npos) continue;
      isAnswered = ::write(terminal, answer.data(), answer.size()) > 0;
    }
    ::waitpid(pid, nullptr, 0);
    ::close(terminal);
    return shown;
  };
  EXPECT_THAT(cancel("n\n"), HasSubstr("Really cancel order-11? [y/N]"));
  EXPECT_EQ(queue().at("scheduled"), 1);
  EXPECT_THAT(cancel("y\n"), HasSubstr("Cancelled order-11"));
  EXPECT_EQ(queue().at("scheduled"), 0);
}

TEST_F(OperatingTest, AnIdWithControlCharactersIsRefusedInAHarmlessMessage) {
  const auto answer = leptir({"cancel", "a\x1b[2J"});
  EXPECT_EQ(answer.exit, 2);
  EXPECT_EQ(answer.err.find('\x1b'), std::string::npos);
}

TEST_F(OperatingTest, RescheduleChangesWhenATaskIsDue) {
  const auto id = push({"noop"});
  const auto moved = leptir({"reschedule", id, "--at=2100-01-01T00:00:00Z"});
  EXPECT_EQ(moved.exit, 0) << moved.err;
  EXPECT_THAT(moved.out, HasSubstr("due at 2100-01-01T00:00:00Z"));
  EXPECT_EQ(info(id).at("toex"), 4102444800.0);
  EXPECT_EQ(leptir({"reschedule", id, "--delaySeconds=0"}).exit, 0);
  EXPECT_EQ(queue().at("due"), 1);
}

TEST_F(OperatingTest, AgainPushesAFailedTaskWithChangedParameters) {
  const auto id = push({"fail", "a=1", "b=2"});
  ASSERT_EQ(drain(), 0);
  const auto again = leptir({"again", id, "b:=12345678901234567890123"});
  EXPECT_EQ(again.exit, 0) << again.err;
  ASSERT_EQ(again.lines().size(), 1u);
  EXPECT_NE(again.lines()[0], id);
  ASSERT_EQ(drain(), 0);
  EXPECT_THAT(info(again.lines()[0]).at("envelope").get<std::string>(),
              HasSubstr(R"("parameters":{"a":"1","b":12345678901234567890123})"));
  const auto all = leptir({"again", "--name=fail", "--yes"});
  EXPECT_EQ(all.lines().size(), 1u) << "both have failed, and the first one was pushed again before";
  EXPECT_THAT(all.err, HasSubstr("1 task selected but left out: pushed again before; 'again ID' pushes one once more"));
}

TEST_F(OperatingTest, AgainOnASelectionPushesEachFailureOnceAndNoCancelledTask) {
  push({"fail"});
  const auto waits = push({"fail", "--delaySeconds=1h"});
  ASSERT_EQ(leptir({"cancel", waits}).exit, 0);
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(leptir({"tasks", "--state=cancelled", "--json"}).json().at("id"), waits);
  const auto dry = leptir({"again", "--name=fail", "--dry-run", "--json"}).json();
  EXPECT_EQ(dry.at("count"), 1);
  EXPECT_EQ(dry.at("leftOut"), (Json{{"cancelled", 1}, {"buried", 0}, {"pushedBefore", 0}}));
  const auto first = leptir({"again", "--name=fail", "--since=1h", "--yes"});
  EXPECT_EQ(first.lines().size(), 1u) << first.err;
  EXPECT_THAT(first.err, HasSubstr("1 task selected but left out: cancelled; --cause=cancelled selects them"));
  const auto second = leptir({"again", "--name=fail", "--since=1h", "--yes"});
  EXPECT_EQ(second.exit, 4);
  EXPECT_THAT(second.err, HasSubstr("1 task selected but left out: pushed again before"));
  EXPECT_EQ(queue().at("due"), 1);
}

TEST_F(OperatingTest, AgainPrintsAllNewIds) {
  ASSERT_EQ(leptir({"push", "fail", "--number=1100", "--quiet"}).exit, 0);
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(leptir({"again", "--name=fail", "--yes"}).lines().size(), 1'100u);
}

TEST_F(OperatingTest, AFilterThatNoTaskCanMatchIsAMistake) {
  push({"noop"});
  for (const auto& command : std::vector<std::vector<std::string>>{{"tasks", "--state=failed", "--reason=x"},
                                                                   {"tasks", "--broker=local", "--cause=threw"},
                                                                   {"reschedule", "--state=done", "--at=now"},
                                                                   {"cancel", "--state=done"},
                                                                   {"cancel", "--since=5"},
                                                                   {"tasks", "--since=5"}})
    EXPECT_EQ(leptir(command).exit, 2) << command[0] << " " << command[1];
}

TEST_F(OperatingTest, TimesAreReadAsTablesPrintThem) {
  const auto id = push({"noop"});
  for (const auto* at : {"--at=+10m", "--at=tomorrow", "--at=2100-01-01 00:00:00", "--delaySeconds=1h"}) {
    EXPECT_EQ(leptir({"reschedule", id, at}).exit, 0) << at;
    EXPECT_EQ(queue().at("scheduled"), 1) << at;
  }
  EXPECT_EQ(leptir({"tasks", "--state=scheduled", "--since=2020-01-01", "--json"}).lines().size(), 1u);
}

TEST_F(OperatingTest, InfoTakesTheBeginningOfAnId) {
  push({"noop", "p=1", "--id=order-17", "--delaySeconds=3600"});
  push({"noop", "--id=order-18", "--delaySeconds=3600"});
  const auto one = info("order-17");
  EXPECT_THAT(one.at("envelope").get<std::string>(), HasSubstr(R"("parameters":{"p":"1"})"));
  EXPECT_EQ(leptir({"cancel", "order-18"}).exit, 0);
  push({"noop", "--id=other-1"});
  EXPECT_EQ(info("oth").at("id"), "other-1");
  const auto several = leptir({"info", "order"});
  EXPECT_EQ(several.exit, 2);
  EXPECT_THAT(several.err, HasSubstr("'order' fits 2 tasks: order-17, order-18"));
  EXPECT_EQ(leptir({"info", "nothing"}).exit, 4);
}

TEST_F(OperatingTest, AgainTakesAnIdWithAnEqualsSign) {
  push({"fail", "--id=a=b"});
  ASSERT_EQ(drain(), 0);
  const auto again = leptir({"again", "a=b", "c=d"});
  EXPECT_EQ(again.exit, 0) << again.err;
  ASSERT_EQ(drain(), 0);
  EXPECT_THAT(info(again.lines().at(0)).at("envelope").get<std::string>(), HasSubstr(R"("parameters":{"c":"d"})"));
}

TEST_F(OperatingTest, AgainSaysThatACauseIsUnknown) {
  push({"fail"});
  ASSERT_EQ(drain(), 0);
  const auto unknown = leptir({"again", "--cause=nonsense"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no record has the cause 'nonsense'; the causes are "));
  EXPECT_EQ(leptir({"again", "--cause=crashed"}).exit, 4);
}

TEST_F(OperatingTest, AgainPushesNothingWhereItsOutputIsClosedAndNamesTheNewTaskWhereItIsFull) {
  const auto id = push({"fail"});
  ASSERT_EQ(drain(), 0);
  const auto shell = [&](const std::string& redirection) {
    const auto errors = (folder / "errors").string();
    const auto status =
        std::system((program + " again " + id + " --config=" + config.string() + redirection + " 2>" + errors).c_str());
    std::ifstream file(errors);
    return std::pair(WEXITSTATUS(status), std::string(std::istreambuf_iterator<char>(file), {}));
  };
  const auto [closedStatus, closed] = shell(" >&-");
  EXPECT_EQ(closedStatus, 2);
  EXPECT_THAT(closed, HasSubstr("nothing was pushed"));
  EXPECT_EQ(queue().at("due"), 0);
  const auto [fullStatus, full] = shell(" >/dev/full");
  EXPECT_EQ(fullStatus, 1);
  EXPECT_EQ(queue().at("due"), 1);
  EXPECT_THAT(full, HasSubstr("pushed all the same: " + firstOf({"tasks", "--state=due"})));
}

TEST_F(OperatingTest, WhatAStoreThatIsDownCannotTellIsNull) {
  push({"noop"});
  std::ofstream(folder / "leptir.db", std::ios::trunc) << std::string(4096, 'x');
  const auto shown = queue();
  for (const auto* key : {"due", "paused", "pauses", "instances"}) EXPECT_TRUE(shown.at(key).is_null()) << key;
}

TEST_F(OperatingTest, AnActionThatFindsNothingPrintsAnObjectAsJson) {
  push({"noop"});
  EXPECT_EQ(leptir({"resume", "--all", "--json"}).json().at("changed"), 0);
  for (const auto& command : {std::vector<std::string>{"stop"}, {"drain"}, {"resume"}, {"reload"}, {"workers", "2"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--instance=nowhere", "--json"});
    const auto answer = leptir(arguments);
    EXPECT_EQ(answer.exit, 4);
    EXPECT_EQ(answer.json().at("taken"), false) << command[0];
    EXPECT_TRUE(answer.json().at("instance").is_null());
  }
}

TEST_F(OperatingTest, AuditShowsWhoDidWhat) {
  const auto id = push({"noop", "--delaySeconds=3600"});
  ASSERT_EQ(leptir({"run-now", id}).exit, 0);
  ASSERT_EQ(leptir({"pause", "--broker=local"}).exit, 0);
  const auto actions = leptir({"audit", "--json"}).json().at("actions");
  ASSERT_EQ(actions.size(), 2u) << actions.dump();
  EXPECT_EQ(actions[0].at("action"), "pause");
  EXPECT_EQ(actions[1].at("action"), "run-now");
  EXPECT_EQ(actions[1].at("on"), id);
  EXPECT_THAT(actions[1].at("by").get<std::string>(), HasSubstr("@"));
  EXPECT_THAT(leptir({"audit"}).out, HasSubstr("run-now"));
}

TEST_F(OperatingTest, APauseOfAnUnknownBrokerIsAMistakeThatNamesTheNearest) {
  push({"noop"});
  const auto answer = leptir({"pause", "--broker=locl"});
  EXPECT_EQ(answer.exit, 2);
  EXPECT_THAT(answer.err, HasSubstr("no broker is named 'locl': did you mean 'local'?"));
  EXPECT_EQ(leptir({"pause"}).exit, 2);
  EXPECT_EQ(leptir({"resume", "--all"}).exit, 4) << "nothing is paused";
}

TEST_F(OperatingTest, APauseOfAnUnknownNameWarnsAndNamesTheNearest) {
  push({"noop"});
  const auto answer = leptir({"pause", "--name=nop"});
  EXPECT_EQ(answer.exit, 0) << "an instance that starts later may know it";
  EXPECT_THAT(answer.out, HasSubstr("'leptir resume --name=nop' ends the pause"));
  EXPECT_THAT(answer.err, HasSubstr("knows a task 'nop': did you mean 'noop'?"));
  EXPECT_EQ(leptir({"pause", "--name=noop"}).err, "");
  EXPECT_THAT(leptir({"pause", "--name=quite_another"}).err, HasSubstr("knows a task 'quite_another'."));
}

TEST_F(OperatingTest, ResumeSaysWhatIsPausedAndHowThatEnds) {
  push({"noop"});
  EXPECT_THAT(leptir({"resume"}).err, HasSubstr("Nothing is paused."));
  ASSERT_EQ(leptir({"pause", "--broker=local"}).exit, 0);
  ASSERT_EQ(leptir({"pause", "--name=noop"}).exit, 0);
  const auto list = leptir({"resume"});
  EXPECT_EQ(list.exit, 2);
  EXPECT_THAT(list.err, HasSubstr("'leptir resume --broker=local' ends this pause"));
  EXPECT_THAT(list.err, HasSubstr("'leptir resume --broker=local --name=noop' ends this pause"));
  const auto wrong = leptir({"resume", "--name=nop"});
  EXPECT_EQ(wrong.exit, 4);
  EXPECT_THAT(wrong.err, HasSubstr("Paused: tasks of name noop at broker local"));
  const auto queue = leptir({"resume", "--broker=local"});
  EXPECT_EQ(queue.exit, 0);
  EXPECT_THAT(queue.out, HasSubstr("Still paused: tasks of name noop at broker local"));
  ASSERT_EQ(leptir({"pause", "--broker=local"}).exit, 0);
  const auto all = leptir({"resume", "--all", "--json"});
  EXPECT_EQ(all.exit, 0);
  EXPECT_EQ(all.json().at("changed"), 2);
  EXPECT_TRUE(all.json().at("stillPaused").empty());
}

TEST_F(OperatingTest, APauseWhereAStoreIsDownSaysAtHowManyBrokersItHolds) {
  writeConfig("leptir:\n  brokers:\n    - { name: down, type: sqlite, connection: { path: " +
              (folder / "none" / "x.db").string() + " } }\n    - { name: up, type: sqlite, connection: { path: " +
              (folder / "leptir.db").string() + " } }\n");
  push({"noop", "--broker=up"});
  std::ofstream(folder / "none") << "a file instead of a folder";
  const auto answer = leptir({"pause", "--all"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.out,
              HasSubstr("Paused at 1 of 2 brokers; the others are named below. Call 'leptir pause --all' again"));
  EXPECT_THAT(answer.err, HasSubstr("broker down"));
}

TEST_F(OperatingTest, NamesShowsRunsAndFailures) {
  push({"noop"});
  push({"fail"});
  ASSERT_EQ(drain(), 0);
  const auto names = leptir({"names", "--json"}).json().at("names");
  const auto of = [&](const std::string& name) {
    for (const auto& entry : names)
      if (entry.at("name") == name) return entry;
    return Json();
  };
  EXPECT_EQ(of("noop").at("runs"), 1);
  EXPECT_EQ(of("fail").at("failed"), 1);
  EXPECT_THAT(leptir({"names"}).out, HasSubstr("100.0 %"));
}

TEST_F(OperatingTest, NamesLeavesOutTestTasksThatNeverRan) {
  writeConfig(defaultYaml("  tasks: { report: { command: [/bin/true] } }\n"));
  push({"noop"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard() && leptir({"names"}).out.find("noop") != std::string::npos; }));
  const auto namesOf = [&](const CommandResult& result) {
    std::vector<std::string> names;
    const auto json = result.json();
    for (const auto& entry : json.at("names")) names.push_back(entry.at("name"));
    return names;
  };
  EXPECT_THAT(namesOf(leptir({"names", "--json"})), ::testing::ElementsAre("noop", "report"));
  EXPECT_THAT(namesOf(leptir({"names", "--json", "--all"})),
              ::testing::ElementsAre("crash", "fail", "hang", "noop", "report", "sleep", "throw"));
  EXPECT_THAT(leptir({"names"}).err, HasSubstr("--all shows them"));
}

TEST_F(OperatingTest, NoWorkersIsAMistake) {
  for (const auto* number : {"0", "-1", "1025", "many"})
    EXPECT_EQ(leptir({"workers", number, "--instance=here"}).exit, 2) << number;
}

TEST_F(OperatingTest, AnUnknownInstanceIsNotFound) {
  push({"noop"});
  EXPECT_EQ(leptir({"stop", "--instance=nowhere"}).exit, 4);
  EXPECT_EQ(leptir({"drain", "--instance=nowhere"}).exit, 4);
  EXPECT_EQ(leptir({"reload", "--json"}).exit, 2) << "there is JSON with --instance only";
}

TEST_F(OperatingTest, APausedQueueBeginsNoTaskUntilItIsResumed) {
  push({"noop"});
  ASSERT_EQ(drain(), 0);
  ASSERT_EQ(leptir({"pause", "--broker=local"}).exit, 0);
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard() && instances().at(0).at("paused") == true; }));
  const auto id = push({"noop"});
  EXPECT_FALSE(eventually([&] { return hasSucceeded(id); }, std::chrono::seconds(2)));
  EXPECT_EQ(queue().at("paused"), true);
  ASSERT_EQ(leptir({"resume", "--broker=local"}).exit, 0);
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
}

TEST_F(OperatingTest, InstancesShowsWhatEachRuns) {
  const auto id = push({"sleep", "seconds:=600"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard() && instances().at(0).at("runningTasks") == 1; }));
  const auto shown = instances().at(0);
  EXPECT_EQ(shown.at("pid"), instance->pid());
  EXPECT_EQ(shown.at("running").at(0).at("id"), id);
  const auto table = leptir({"instances", "--running"});
  EXPECT_THAT(table.out, HasSubstr(id));
  EXPECT_THAT(table.out, HasSubstr("running"));
}

TEST_F(OperatingTest, AnOrderToReloadSaysThatTheInstanceRefusesItsFile) {
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard(); }));
  const auto which = "--instance=" + instances().at(0).at("instance").get<std::string>();
  const auto other = writeConfig(defaultYaml(), "operator.yaml");
  writeConfig("leptir: { brokers: 3 }\n");
  const auto refused = run({"reload", "--config=" + other.string(), which});
  EXPECT_EQ(refused.exit, 78) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("refuses the new configuration"));
}

TEST_F(OperatingTest, AnInstanceIsDrainedResumedAndStoppedByOrdersInTheStore) {
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard(); }));
  const auto which = "--instance=" + instances().at(0).at("instance").get<std::string>().substr(0, 12);
  const auto drained = leptir({"drain", which});
  EXPECT_EQ(drained.exit, 0) << drained.err;
  const auto told = instances().at(0);  // at once
  EXPECT_EQ(told.at("drained"), true);
  EXPECT_EQ(told.at("state"), "waiting");
  EXPECT_THAT(leptir({"instances"}).out, HasSubstr(" drained "));
  EXPECT_THAT(leptir({"status", "--ready"}).out, HasSubstr("not ready: running as " + std::to_string(instance->pid()) +
                                                           ", but waiting for an order to resume (it was drained)"));
  const auto id = push({"noop"});
  EXPECT_FALSE(eventually([&] { return hasSucceeded(id); }, std::chrono::seconds(2)));
  EXPECT_THAT(leptir({"resume", which}).out, HasSubstr("begins tasks again"));
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
  EXPECT_EQ(instances().at(0).at("drained"), false);
  EXPECT_THAT(leptir({"resume", which}).out, HasSubstr("had not been drained: nothing to do"));
  const auto more = leptir({"workers", "7", which});
  EXPECT_EQ(more.exit, 0) << more.err;
  EXPECT_TRUE(eventually([&] { return workerPids().size() == 7; }));
  EXPECT_TRUE(eventually([&] { return status().at("sessions").at(0).at("workers") == 7; }))
      << "also in the list of sessions";
  EXPECT_THAT(leptir({"workers", "1", which}).out, HasSubstr("has 1 worker now"));
  const auto reloaded = leptir({"reload", which, "--json"});
  EXPECT_EQ(reloaded.exit, 0) << reloaded.err;
  EXPECT_EQ(reloaded.json().at("reloaded"), true);
  const auto stopped = leptir({"stop", which, "--json"});
  EXPECT_EQ(stopped.exit, 0) << stopped.err;
  EXPECT_EQ(stopped.json().at("action"), "stop");
  EXPECT_EQ(stopped.json().at("pid"), instance->pid());
  EXPECT_EQ(stopped.json().at("taken"), true);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
