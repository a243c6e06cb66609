// Commands that look at tasks, and cancel of what is buried: what they say is what stands in the stores.
#include <gmock/gmock.h>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LookTest : public Installation {
 protected:
  LookTest() {
    config = writeConfig(defaultYaml(R"(
  tasks:
    once: { command: [/bin/false] }
    again: { command: [/bin/false], max_attempts: 3, retry_delay: 600 }
    twice: { command: [/bin/false], max_attempts: 2, retry_delay: 0.01 }
)"));
  }
  // Runs until the task has the state.
  void runUntil(const std::string& id, const std::string& state) {
    const auto instance = start();
    ASSERT_TRUE(eventually([&] { return info(id).value("state", "") == state; })) << info(id).dump();
  }
};

TEST_F(LookTest, InfoOfAWaitingRetrySaysWhenItRunsAndHowManyAttemptsAreLeft) {
  const auto id = push({"again"});
  runUntil(id, "scheduled");
  const auto record = info(id);
  EXPECT_EQ(record.at("status"), 1);
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("attemptsLeft"), 2);
  EXPECT_GT(record.at("toex").get<double>(), record.at("exEnd").get<double>() + 400);
  EXPECT_THAT(leptir({"info", "--text", id}).out, HasSubstr("attempts left 2\n"));
}

TEST_F(LookTest, InfoOfABuriedTaskSaysBuriedAndWhy) {
  const auto id = push({"twice"});
  runUntil(id, "buried");
  const auto record = info(id);
  EXPECT_EQ(record.at("reason"), "failed 2 times, the last time: error");
  EXPECT_FALSE(record.contains("attemptsLeft")) << "it runs only when an operator revives it";
  EXPECT_EQ(record.at("retC"), 3);
}

TEST_F(LookTest, InfoOfATaskWhoseNameIsUnknownSaysSo) {
  const auto id = push({"unheard-of"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).contains("reason"); })) << info(id).dump();
  EXPECT_THAT(info(id).at("reason").get<std::string>(), HasSubstr("unknown name"));
}

TEST_F(LookTest, CancellingABuriedTaskKeepsTheRecordOfItsFailure) {
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

TEST_F(LookTest, CancellingAWaitingRetryKeepsItsFailureInTheHistory) {
  const auto id = push({"again"});
  runUntil(id, "scheduled");
  ASSERT_EQ(leptir({"cancel", id}).exit, 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "cancelled");
  ASSERT_TRUE(record.contains("history")) << record.dump();
  EXPECT_EQ(record.at("history").at(0).at("retC"), 3);
}

TEST_F(LookTest, TasksShowsAnErrorAsAnError) {
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

TEST_F(LookTest, ACauseThatNoRecordHasOffersTheNearest) {
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

constexpr const char* kEvil = "\x7f\xc2\x9b\u202e";

void expectSteersNothing(const Answer& answer) {
  const auto all = answer.out + answer.err;
  for (const auto* steering : {"\x7f", "\x1b", "\xc2\x9b", "\u202e"}) EXPECT_THAT(all, Not(HasSubstr(steering))) << all;
}

TEST_F(LookTest, NothingThatATaskSaysSteersATerminal) {
  const std::string evil = kEvil;
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
    expectSteersNothing(answer);
  }
}

// Everything lies in a folder of such a name: the configuration, the database, the log, the pid file.
class EvilFolder : public LookTest {
 protected:
  EvilFolder() : evil(folder / (std::string("\x1b[31m") + kEvil)) { fs::create_directory(evil); }
  // A configuration there, which names its files relative to itself.
  void writeEvil(const std::string& yaml) { config = writeConfig("leptir:\n" + yaml, evil / "leptir.yaml"); }

  fs::path evil;
  const std::string store = "  brokers: [{ name: local, type: sqlite, connection: { path: leptir.db } }]\n";
  const std::string records = "  meta_storage: [{ type: sqlite, connection: { path: leptir.db } }]\n";
};

TEST_F(EvilFolder, CheckSteersNoTerminal) {
  writeEvil(store + records);
  expectSteersNothing(leptir({"check"}));  // a database that is not made yet
  fs::create_directory(evil / "leptir.db");
  const auto unusable = leptir({"check"});
  EXPECT_EQ(unusable.exit, 69) << unusable.out;
  expectSteersNothing(unusable);
  writeEvil(store + "  loggers: { log: { type: file, options: { path: . } } }\n");
  expectSteersNothing(leptir({"check"}));
  writeEvil(store + "  tasks: { noop: { command: [/bin/true] } }\n");
  const auto taken = leptir({"check"});
  EXPECT_THAT(taken.out, HasSubstr("choose another name"));
  expectSteersNothing(taken);
  ::setenv("XDG_STATE_HOME", (evil / "leptir.yaml").c_str(), 1);  // a file: no folder can be made there
  const auto noFolder = leptir({"check"});
  EXPECT_THAT(noFolder.out, HasSubstr("start: folder "));
  expectSteersNothing(noFolder);
}

TEST_F(EvilFolder, StatusAndStopSteerNoTerminal) {
  ::setenv("XDG_STATE_HOME", evil.c_str(), 1);
  writeEvil(store + records);
  const auto instance = start();
  waitUntilItFlies();
  const auto all = run({"status", "--all"});
  EXPECT_THAT(all.out, HasSubstr("status --pid="));
  for (const auto& answer : {all, run({"status", "--all", "--json"}), leptir({"status"}), leptir({"start"}),
                             leptir({"stop", "--pid=" + evil.string()}), leptir({"status", "--pid=" + evil.string()}),
                             leptir({"tasks"}), leptir({"stop"}), leptir({"stop"})}) {
    expectSteersNothing(answer);
  }
}

TEST_F(EvilFolder, TasksAndPushSteerNoTerminal) {
  writeEvil(store + records);
  const auto none = leptir({"tasks"});
  EXPECT_THAT(none.err, HasSubstr("no records yet"));
  expectSteersNothing(none);
  fs::create_directory(evil / "leptir.db");
  expectSteersNothing(leptir({"push", "noop"}));
  expectSteersNothing(leptir({"status"}));
  config = evil / "missing.yaml";
  for (const auto* command : {"check", "tasks", "status", "stop", "start"}) expectSteersNothing(leptir({command}));
}

}  // namespace
}  // namespace leptir::e2e
