// Tasks through a whole instance: the record and the queue after each kind of end.
#include "tests/e2e/installation.h"

#include <csignal>
#include <fstream>

namespace leptir::e2e {
namespace {

using TasksTest = Installation;

TEST_F(TasksTest, ASuccessIsRecordedInPhpLeptirsFormat) {
  const auto id = push({"noop"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("id"), id);
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_EQ(record.at("retC"), 1);
  EXPECT_EQ(record.at("type"), "noop");
  EXPECT_EQ(record.at("cause"), "finished");
  EXPECT_EQ(record.at("attempt"), 1);
  EXPECT_EQ(record.at("exStart").at("timezone"), "UTC");
  EXPECT_FALSE(record.contains("envelope"));
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(TasksTest, AnErrorIsNotRetriedAndItsRecordHasTheEnvelope) {
  const auto id = push({"fail"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_NE(record.at("envelope").get<std::string>().find(id), std::string::npos);
}

TEST_F(TasksTest, TheTextOfAnExceptionIsRecorded) {
  const auto id = push({"throw"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("cause"), "threw");
  EXPECT_NE(record.at("respM").get<std::string>().find("Task exited with exception"), std::string::npos)
      << record.dump();
}

TEST_F(TasksTest, ATaskThatAlwaysCrashesIsTriedThreeTimesThenBuriedAndTheOthersRun) {
  const auto id = push({"crash"});
  const auto others = leptir({"push", "noop", "--number=200"}).lines();
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "crashed");
  EXPECT_EQ(record.at("signal"), 11);
  EXPECT_EQ(record.at("attempt"), 3);
  EXPECT_EQ(record.at("history").size(), 2u) << record.dump();
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), 1);
  EXPECT_EQ(info(others.front()).at("retC"), 1);
  EXPECT_EQ(info(others.back()).at("retC"), 1);
}

TEST_F(TasksTest, ATaskThatIgnoresEverySignalIsKilledAtItsTimeLimit) {
  const auto id = push({"hang", "--timeLimit=1"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("retC"), 5);
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_EQ(record.at("respM"), "Time limit exceeded.");
  EXPECT_GE(record.at("exTime").get<double>(), 1.0);
}

TEST_F(TasksTest, AScheduledTaskDoesNotRunEarly) {
  const auto id = push({"noop", "--delaySeconds=2"});
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  const auto started = record.at("exEnd").get<double>() - record.at("exTime").get<double>();
  EXPECT_GE(started, record.at("pushed").get<double>() + 1) << "toex is in whole seconds";
}

TEST_F(TasksTest, ATaskOfAnUnknownNameStaysInTheQueue) {
  const auto id = push({"stranger"});
  const auto known = push({"noop"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 1);
  EXPECT_NE(instance->output().find("stranger"), std::string::npos) << instance->output();
  EXPECT_EQ(info(id).at("state"), "due") << "it keeps its place in the queue, for a program that knows its name";
  EXPECT_EQ(info(known).at("retC"), 1);
}

TEST_F(TasksTest, ALongTaskIsRecordedAsInProgressWhileItRuns) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=60"});
  EXPECT_TRUE(eventually([&] { return info(id).value("status", 0) == 2; }));
}

TEST_F(TasksTest, ALargeParameterReachesItsTaskWhole) {
  const auto text = std::string(300'000, 'x');
  const auto answer = leptir({"push", "--stdin"},
                             "{\"name\":\"echo\",\"parameters\":{\"text\":\"" + text + "\"}}\n{\"name\":\"noop\"}\n");
  ASSERT_EQ(answer.exit, 0) << answer.err;
  writeConfig(defaultYaml("  tasks: { echo: { command: [/bin/sh, -c, 'wc -c'] } }\n"));
  ASSERT_EQ(drain(), 0);
  const auto record = info(answer.lines().at(0));
  EXPECT_GT(std::stol(record.at("respM").get<std::string>()), 300'000) << record.dump().substr(0, 500);
}

class ProgramsTest : public Installation {
 protected:
  Json runProgram(const std::string& task, std::vector<std::string> arguments = {}) {
    writeConfig(defaultYaml("  tasks:\n    prog: " + task + "\n"));
    arguments.insert(arguments.begin(), "prog");
    const auto id = push(arguments);
    EXPECT_EQ(drain(), 0);
    return info(id);
  }
};

TEST_F(ProgramsTest, GetsParametersAsArgumentsAndItsOutputBecomesTheResponse) {
  const auto record =
      runProgram("{ command: [/bin/echo, 'hello {name}', '{list}', '{{x}}'] }", {"name=world; rm -rf", "list:=[1, 2]"});
  EXPECT_EQ(record.at("retC"), 1);
  EXPECT_EQ(record.at("respM"), "hello world; rm -rf [1, 2] {x}");
}

TEST_F(ProgramsTest, AMissingParameterIsAnInputError) {
  const auto record = runProgram("{ command: [/bin/echo, '{name}'] }");
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_NE(record.at("respM").get<std::string>().find("name"), std::string::npos);
}

TEST_F(ProgramsTest, GetsTheTaskOnStdinAndInItsEnvironment) {
  const auto record = runProgram("{ command: [/bin/sh, -c, 'cat; env | grep ^LEPTIR_ATTEMPT'] }", {"x:=1.0"});
  const auto response = record.at("respM").get<std::string>();
  EXPECT_NE(response.find("\"parameters\":{\"x\":1.0}"), std::string::npos) << response;
  EXPECT_NE(response.find("\"attempt\":1"), std::string::npos) << response;
  EXPECT_NE(response.find("LEPTIR_ATTEMPT=1"), std::string::npos) << response;
}

TEST_F(ProgramsTest, ListedExitCodesAreWarnings) {
  EXPECT_EQ(runProgram("{ command: [/bin/sh, -c, 'exit 3'], warning_exit_codes: [3] }").at("retC"), 2);
}

TEST_F(ProgramsTest, OtherExitCodesAreErrorsAndStderrIsKept) {
  const auto record = runProgram("{ command: [/bin/sh, -c, 'echo trouble >&2; exit 4'] }");
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_NE(record.at("stderr").get<std::string>().find("trouble"), std::string::npos);
}

TEST_F(ProgramsTest, IsEndedWithItsDescendantsAtItsTimeLimit) {
  const auto record = runProgram(
      "{ command: [/bin/sh, -c, 'sh -c \"echo \\$\\$; trap : TERM; sleep 1000\" & sleep 1000'] }", {"--timeLimit=1"});
  EXPECT_EQ(record.at("retC"), 5) << record.dump();
  const auto child = std::stoi(record.at("respM").get<std::string>());
  EXPECT_EQ(::kill(child, 0), -1) << child;
}

TEST_F(ProgramsTest, OutputBeforeTheTimeLimitIsRecorded) {
  const auto record = runProgram(
      "{ command: [/bin/sh, -c, 'echo half; echo oh >&2; trap \"echo ending; exit 7\" TERM; sleep 9 & wait'] }",
      {"--timeLimit=1"});
  EXPECT_EQ(record.at("retC"), 5);
  EXPECT_EQ(record.at("respM"), "half ending Program exited with code 7. Time limit exceeded.");
  EXPECT_EQ(record.at("stderr"), "oh\n");
}

TEST_F(ProgramsTest, OutputBeforeAKillIsRecorded) {
  const auto record = runProgram(
      "{ command: [/bin/sh, -c, 'trap \"echo no; echo never >&2\" TERM; echo half; while :; do sleep 0.02; done'] }",
      {"--timeLimit=1"});
  EXPECT_EQ(record.at("retC"), 5);
  EXPECT_EQ(record.at("signal"), 9);
  EXPECT_EQ(record.at("respM"), "half no Time limit exceeded.");
  EXPECT_TRUE(record.at("stderr").get<std::string>().ends_with("never\n")) << record.dump();
}

TEST_F(ProgramsTest, OutputBeforeACancelIsRecorded) {
  writeConfig(defaultYaml("  tasks: { prog: { command: [/bin/sh, -c, 'echo half; echo oh >&2; sleep 99'] } }\n"));
  const auto id = push({"prog"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 2; }));
  ASSERT_EQ(leptir({"cancel", id}).exit, 0);
  ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 3; }));
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "cancelled");
  EXPECT_EQ(
      record.at("respM").get<std::string>().find("half Program was ended by signal 15 (Terminated). Cancelled by"), 0u)
      << record.dump();
  EXPECT_EQ(record.at("stderr"), "oh\n");
}

}  // namespace
}  // namespace leptir::e2e
