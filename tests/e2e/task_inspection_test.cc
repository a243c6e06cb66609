// What info, tasks and cancel print of waiting, failed and buried tasks; and that no command lets text from outside
// control the terminal.
#include <gmock/gmock.h>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TaskInspectionTest : public Installation {
 protected:
  TaskInspectionTest() {
    config = writeConfig(defaultYaml(R"(
  tasks:
    once: { command: [/bin/false] }
    again: { command: [/bin/false], max_attempts: 3, retry_delay: 600 }
    twice: { command: [/bin/false], max_attempts: 2, retry_delay: 0.01 }
)"));
  }
  // Runs an instance until the task has this state.
  void runUntil(const std::string& id, const std::string& state) {
    const auto instance = start();
    ASSERT_TRUE(eventually([&] { return info(id).value("state", "") == state; })) << info(id).dump();
  }
};

TEST_F(TaskInspectionTest, InfoOfAWaitingRetrySaysWhenItRunsAndHowManyAttemptsAreLeft) {
  const auto id = push({"again"});
  runUntil(id, "scheduled");
  const auto record = info(id);
  EXPECT_EQ(record.at("status"), 1);
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("attemptsLeft"), 2);
  EXPECT_GT(record.at("toex").get<double>(), record.at("exEnd").get<double>() + 400);
  EXPECT_THAT(leptir({"info", "--text", id}).out, HasSubstr("attempts left 2\n"));
}

TEST_F(TaskInspectionTest, InfoShowsWhyATaskIsBuried) {
  const auto id = push({"twice"});
  runUntil(id, "buried");
  const auto record = info(id);
  EXPECT_EQ(record.at("reason"), "failed 2 times, the last time: error");
  EXPECT_FALSE(record.contains("attemptsLeft")) << "it runs only when an operator revives it";
  EXPECT_EQ(record.at("retC"), 3);
}

TEST_F(TaskInspectionTest, InfoShowsThatTheNameOfATaskIsUnknown) {
  const auto id = push({"unheard-of"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).contains("reason"); })) << info(id).dump();
  EXPECT_THAT(info(id).at("reason").get<std::string>(), HasSubstr("unknown name"));
}

TEST_F(TaskInspectionTest, CancellingABuriedTaskKeepsTheRecordOfItsFailure) {
  const auto id = push({"twice"});
  runUntil(id, "buried");
  const auto answer = leptir({"cancel", id});
  EXPECT_EQ(answer.exit, 0);
  EXPECT_THAT(answer.out, HasSubstr("buried"));
  EXPECT_THAT(answer.out, Not(HasSubstr("waited")));
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "finished");
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_FALSE(record.contains("state")) << "it is in no queue any more";
  EXPECT_EQ(leptir({"cancel", id}).exit, 4);
}

TEST_F(TaskInspectionTest, CancellingAWaitingRetryKeepsItsFailureInTheHistory) {
  const auto id = push({"again"});
  runUntil(id, "scheduled");
  ASSERT_EQ(leptir({"cancel", id}).exit, 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "cancelled");
  ASSERT_TRUE(record.contains("history")) << record.dump();
  EXPECT_EQ(record.at("history").at(0).at("retC"), 3);
}

TEST_F(TaskInspectionTest, TasksShowsErrorAndSuccessAsOutcomes) {
  const auto failed = push({"once"});
  const auto fine = push({"noop"});
  ASSERT_EQ(drain(), 0);
  const auto lineOf = [this](const std::string& id) {
    for (const auto& line : leptir({"tasks"}).lines()) {
      if (line.find(id) != std::string::npos) return line;
    }
    return std::string();
  };
  EXPECT_THAT(lineOf(failed), HasSubstr(" error "));
  EXPECT_THAT(lineOf(fine), HasSubstr(" success "));
}

TEST_F(TaskInspectionTest, TasksSuggestsTheMostSimilarCause) {
  push({"once"});
  ASSERT_EQ(drain(), 0);
  const auto near = leptir({"tasks", "--cause=crash"});
  EXPECT_EQ(near.exit, 2);
  EXPECT_THAT(near.err, HasSubstr("no record has the cause 'crash': did you mean 'crashed'?"));
  EXPECT_THAT(leptir({"tasks", "--cause=zzz"}).err, HasSubstr("timed_out"));
  const auto none = leptir({"tasks", "--cause=crashed"});
  EXPECT_EQ(none.exit, 0);
  EXPECT_EQ(none.err, "");
  EXPECT_THAT(leptir({"tasks", "--name=onec"}).err, HasSubstr("did you mean 'once'?"));
}

constexpr const char* kControlCharacters = "\x7f\xc2\x9b\u202e";

void expectEscaped(const CommandResult& answer) {
  const auto all = answer.out + answer.err;
  for (const auto* steering : {"\x7f", "\x1b", "\xc2\x9b", "\u202e"}) EXPECT_THAT(all, Not(HasSubstr(steering))) << all;
}

TEST_F(TaskInspectionTest, TextOfATaskNeverControlsTheTerminal) {
  const std::string evil = kControlCharacters;
  config = writeConfig(defaultYaml("  tasks: { say: { command: [/bin/echo, \"{text}\"] } }\n"));
  const auto id = push({"say", "text=" + evil});
  ASSERT_EQ(drain(), 0);
  const auto json = leptir({"info", id});
  EXPECT_EQ(json.json().at("respM"), evil);
  for (const auto& answer :
       {json, leptir({"info", "--text", id}), leptir({"tasks"}), leptir({"tasks", "--json"}), leptir({"info", evil}),
        leptir({"cancel", evil}), leptir({"tasks", "--" + evil}), leptir({"tasks", "--name=" + evil}),
        leptir({"push", evil}), leptir({"push", "noop", "--id=" + evil}), leptir({"push", "noop", "--broker=" + evil}),
        leptir({"push", "noop", evil}), leptir({"push", "noop", evil + ":=" + evil}),
        leptir({"push", "--stdin"}, "{\"name\": \"noop\", \"" + evil + "\": 1}\n" + evil + "\n"), leptir({evil})}) {
    expectEscaped(answer);
  }
}

// The configuration, the database, the log and the pid file lie in a folder whose name holds control characters.
class ControlCharacterFolder : public TaskInspectionTest {
 protected:
  ControlCharacterFolder() : evil(folder / (std::string("\x1b[31m") + kControlCharacters)) {
    fs::create_directory(evil);
  }
  // Writes a configuration into that folder; its file names are relative to the folder.
  void writeEvil(const std::string& yaml) { config = writeConfig("leptir:\n" + yaml, evil / "leptir.yaml"); }

  fs::path evil;
  const std::string store = "  brokers: [{ name: local, type: sqlite, connection: { path: leptir.db } }]\n";
  const std::string records = "  meta_storage: [{ type: sqlite, connection: { path: leptir.db } }]\n";
};

TEST_F(ControlCharacterFolder, CheckEscapesPathsWithControlCharacters) {
  writeEvil(store + records);
  expectEscaped(leptir({"check"}));  // a database that is not made yet
  fs::create_directory(evil / "leptir.db");
  const auto unusable = leptir({"check"});
  EXPECT_EQ(unusable.exit, 69) << unusable.out;
  expectEscaped(unusable);
  writeEvil(store + "  loggers: { log: { type: file, options: { path: . } } }\n");
  expectEscaped(leptir({"check"}));
  writeEvil(store + "  tasks: { noop: { command: [/bin/true] } }\n");
  const auto taken = leptir({"check"});
  EXPECT_THAT(taken.out, HasSubstr("choose another name"));
  expectEscaped(taken);
  ::setenv("XDG_STATE_HOME", (evil / "leptir.yaml").c_str(), 1);  // a file: no folder can be made there
  const auto noFolder = leptir({"check"});
  EXPECT_THAT(noFolder.out, HasSubstr("start: folder "));
  expectEscaped(noFolder);
}

TEST_F(ControlCharacterFolder, StatusAndStopEscapePathsWithControlCharacters) {
  ::setenv("XDG_STATE_HOME", evil.c_str(), 1);
  writeEvil(store + records);
  const auto instance = start();
  waitUntilRunning();
  const auto all = run({"status", "--all"});
  EXPECT_THAT(all.out, HasSubstr("status --pid="));
  for (const auto& answer : {all, run({"status", "--all", "--json"}), leptir({"status"}), leptir({"start"}),
                             leptir({"stop", "--pid=" + evil.string()}), leptir({"status", "--pid=" + evil.string()}),
                             leptir({"tasks"}), leptir({"stop"}), leptir({"stop"})}) {
    expectEscaped(answer);
  }
}

TEST_F(ControlCharacterFolder, TasksAndPushEscapePathsWithControlCharacters) {
  writeEvil(store + records);
  const auto none = leptir({"tasks"});
  EXPECT_THAT(none.err, HasSubstr("no records yet"));
  expectEscaped(none);
  fs::create_directory(evil / "leptir.db");
  expectEscaped(leptir({"push", "noop"}));
  expectEscaped(leptir({"status"}));
  config = evil / "missing.yaml";
  for (const auto* command : {"check", "tasks", "status", "stop", "start"}) expectEscaped(leptir({command}));
}

}  // namespace
}  // namespace leptir::e2e
