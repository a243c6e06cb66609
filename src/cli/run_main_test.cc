// runMain: the command line of any program, and programs that call runMain too late.
#include "leptir/run_main.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "config/config_test_support.h"

namespace leptir::cli {
namespace {

struct CommandResult {
  int exit;
  std::string err;
};

CommandResult run(std::vector<std::string> arguments, const Program& program = {}) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::testing::internal::CaptureStderr();
  const int exit = runMain(static_cast<int>(arguments.size()), argv.data(), program);
  return {exit, ::testing::internal::GetCapturedStderr()};
}

TEST(RunMain, RefusesAProcessThatAlreadyHasThreads) {
  std::latch tried(1);
  const std::jthread other([&] { tried.wait(); });
  const auto said = run({"mine", "start"});
  tried.count_down();
  EXPECT_EQ(said.exit, 2);
  EXPECT_NE(said.err.find("already has threads"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("call runMain first thing in main"), std::string::npos) << said.err;
}

TEST(RunMain, GivesAnyProgramEveryCommandOfLeptir) {
  for (const auto* command : {"start", "stop", "status", "push", "info", "check", "bench", "install"}) {
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(run({"mine", command, "--help"}).exit, 0) << command;
    EXPECT_NE(::testing::internal::GetCapturedStdout().find(command), std::string::npos) << command;
  }
}

std::string helpOf(std::vector<std::string> arguments) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run(std::move(arguments)).exit, 0);
  return ::testing::internal::GetCapturedStdout();
}

TEST(RunMain, ShowsTheProgramsOwnNameInItsHelpAndHints) {
  EXPECT_NE(helpOf({"/opt/shop/bin/mine", "--help"}).find("Usage: mine "), std::string::npos);
  EXPECT_NE(helpOf({"./mine", "push", "--help"}).find("Usage: mine push "), std::string::npos);
  EXPECT_TRUE(run({"./mine", "push", "--nonsense"}).err.ends_with("\nTry: mine push --help\n"));
}

TEST(RunMain, ShowsOptionalValuesAndGroupsOfCommandsInItsHelp) {
  const auto status = helpOf({"mine", "status", "--help"});
  EXPECT_NE(status.find("--watch[=SECONDS]"), std::string::npos) << status;
  EXPECT_EQ(status.find("Excludes"), std::string::npos) << status;
  EXPECT_NE(helpOf({"mine", "push", "--help"}).find("--wait[=SECONDS]"), std::string::npos);
  EXPECT_NE(helpOf({"mine", "stop", "--help"}).find("--timeout=SECONDS"), std::string::npos);
  EXPECT_NE(helpOf({"mine", "--help"}).find("\nRun an instance on this machine:\n  start "), std::string::npos);
  EXPECT_NE(helpOf({"mine", "resume", "--help"}).find("end the pause of this broker's queue"), std::string::npos);
}

TEST(RunMain, SaysThatAnOptionGoesAfterItsCommand) {
  for (const auto& arguments : {std::vector<std::string>{"/opt/mine", "--config=x", "push", "noop"},
                                std::vector<std::string>{"/opt/mine", "--config", "x", "push", "noop"}}) {
    const auto said = run(arguments);
    EXPECT_EQ(said.exit, 2);
    EXPECT_NE(said.err.find("'--config' goes after the command: mine push --config\n"), std::string::npos) << said.err;
  }
  const auto unknown = run({"mine", "--colour", "push", "noop"}).err;
  EXPECT_NE(unknown.find("there is no option '--colour'"), std::string::npos) << unknown;
}

TEST(RunMain, RefusesAnOptionWithAnEmptyValueInsteadOfTakingTheNextWord) {
  const auto said = run({"mine", "push", "noop", "--id=", "--config=/no/such/file.yaml"});
  EXPECT_EQ(said.exit, 2);
  EXPECT_NE(said.err.find("--id has no value"), std::string::npos) << said.err;
  EXPECT_EQ(run({"mine", "push", "noop", "--config=/no/such/file.yaml", "--", "--id="}).err.find("has no value"),
            std::string::npos);
}

TEST(RunMain, NamesTheProgramWhenParametersOfAPushAreWrong) {
  for (const auto* wrong : {"novalue", "--at=soon"}) {
    const auto said = run({"/opt/mine", "push", "noop", wrong});
    EXPECT_EQ(said.exit, 2);
    EXPECT_TRUE(said.err.starts_with("mine push: ") && said.err.ends_with("\nTry: mine push --help\n")) << said.err;
  }
}

TEST(RunMain, SaysWhichTaskNameWasAddedTwice) {
  Program program;
  for (int i = 0; i < 2; ++i) program.tasks.add<Json>("resize", [](const Json&, TaskContext&) {});
  const auto said = run({"mine", "check"}, program);
  EXPECT_EQ(said.exit, 2);
  EXPECT_EQ(said.err, "leptir: the task name 'resize' was added twice: give one of the two tasks another name\n");
}

TEST(RunMain, SaysWhichBackendTypeLeptirHasItself) {
  Program program;
  program.backends.addFactory(
      [] { return std::make_unique<config::FakeBackend>("memory", std::vector<ConfigKey>(), std::nullopt); });
  const auto said = run({"mine", "check"}, program);
  EXPECT_EQ(said.exit, 2);
  EXPECT_EQ(said.err,
            "leptir: the backend type 'memory' is one of leptir's own: give the program's backend another type\n");
}

}  // namespace
}  // namespace leptir::cli
