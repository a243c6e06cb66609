// Error reporters at work: they harm nothing, a reload exchanges them, and mistakes in their configuration are named.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/e2e/reporting.h"
#include "tests/support/folders.h"

namespace leptir::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ErrorReportsTest, SeveralReportersGetEachReport) {
  report({fileReporter("", "one"), fileReporter("", "two")});
  const auto id = push({"throw"});
  drainAll();
  EXPECT_EQ(reportsAbout(id, "one").size(), 1u);
  EXPECT_EQ(reportsAbout(id, "two").size(), 1u);
}

TEST_F(ErrorReportsTest, ReportersThatThrowHangCrashOrLeaveProcessesHarmNothingAndLoseOnlyTheirOwnReports) {
  report({"{ class: Throwing }", "{ class: Crashing }", "{ class: Hanging, time_limit: 0.3 }",
          "{ class: LeavingAChild, options: { file: " + (folder / "children").string() + " } }", fileReporter()});
  const auto bad = push({"throw"}), worse = push({"fail"});
  const auto ids = std::vector{push({"noop"}), push({"noop"})};
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return reportsAbout(bad).size() == 1 && reportsAbout(worse).size() == 1; }))
      << instance->output();
  for (const auto& id : ids) EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
  ASSERT_TRUE(eventually([&] { return count("failed") == 6 && count("sent") == 4; })) << counts();
  EXPECT_EQ(counts().at("failing"), "Crashing, Hanging, Throwing");
  const auto dispatcher = dispatcherPid();
  ASSERT_EQ(::kill(dispatcher, SIGKILL), 0);
  const auto later = push({"noop"});
  ASSERT_TRUE(eventually([&] { return hasSucceeded(later); })) << instance->output();
  EXPECT_NE(dispatcherPid(), dispatcher);
  EXPECT_EQ(counts().at("failing"), "Crashing, Hanging, Throwing") << "the next dispatcher knows it";
  std::ifstream children(folder / "children");
  for (pid_t child = 0; children >> child;) EXPECT_TRUE(eventually([&] { return ::kill(child, 0) != 0; })) << child;
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("The error reporter 'Throwing' lost the report about this task: it threw "
                                            "std::runtime_error: the service is gone"));
  EXPECT_THAT(instance->output(), HasSubstr("The error reporter 'Hanging' lost the report about this task: it took "
                                            "longer than its time limit of 300 ms"));
  EXPECT_THAT(instance->output(), HasSubstr("The error reporter 'Crashing' lost the report about this task: killed by "
                                            "signal 11"));
}

TEST_F(ErrorReportsTest, AStopWaitsForReportsThatWaitButNotLongerThanFiveSeconds) {
  report({fileReporter(", sleeps_milliseconds: 300")});
  const auto first = push({"throw"}), second = push({"fail"});
  auto instance = start();
  ASSERT_TRUE(eventually([&] { return leptir({"info", second}).exit == 0 && info(second).contains("cause"); }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(reportsAbout(first).size() + reportsAbout(second).size(), 2u);
  EXPECT_THAT(instance->output(), Not(HasSubstr("dropped")));

  report({"{ class: Hanging, time_limit: 100 }"});
  push({"throw"});
  instance = start();
  ASSERT_TRUE(eventually([&] { return count("waiting") == 1; }));
  const auto before = std::chrono::steady_clock::now();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
  EXPECT_THAT(instance->output(), HasSubstr("1 error report is dropped: their reporters did not take them before the "
                                            "end of the instance"));
}

TEST_F(ErrorReportsTest, KillsOfTheReportWorkerAndOfTheDispatcherLoseNoTask) {
  report({fileReporter(", sleeps_milliseconds: 5"), "{ class: Crashing }"}, noteTask());
  const auto ids = pushNotes(200);
  for (int i = 0; i < 20; ++i) push({i % 2 == 0 ? "fail" : "throw"});
  const auto instance = start({"--drain"});
  for (std::uint64_t after : {20, 60, 100, 140}) {
    ASSERT_TRUE(eventually([&] { return done() >= after; })) << instance->output();
    if (const auto reporter = count("pid"); reporter > 0) ::kill(static_cast<pid_t>(reporter), SIGKILL);
    if (after % 40 != 0) continue;
    if (const auto dispatcher = dispatcherPid(); dispatcher > 0) ::kill(dispatcher, SIGKILL);
  }
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  expectEachRanOnce(ids);
  EXPECT_FALSE(reports().empty());
}

TEST_F(ErrorReportsTest, AReloadExchangesTheReporters) {
  report({fileReporter("", "before")});
  const auto instance = start();
  waitUntilRunning();
  const auto first = push({"throw"});
  ASSERT_TRUE(eventually([&] { return reportsAbout(first, "before").size() == 1; }));
  report({fileReporter("", "after")});
  instance->signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return instance->output().find("read again") != std::string::npos; }));
  const auto second = push({"throw"});
  ASSERT_TRUE(eventually([&] { return reportsAbout(second, "after").size() == 1; })) << instance->output();
  EXPECT_EQ(reportsAbout(second, "before").size(), 0u);
  writeConfig(defaultYaml());
  instance->signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return counts().is_null(); })) << "without reporters nothing is shown";
  writeConfig(defaultYaml("  error_reporting: [{ class: Missing }]\n"));
  instance->signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return instance->output().find("this program has no error reporter 'Missing'") != std::string::npos; }));
}

TEST_F(ErrorReportsTest, AReloadAddsReportersToAnInstanceThatHadNone) {
  writeConfig(defaultYaml());
  const auto instance = start();
  waitUntilRunning();
  EXPECT_TRUE(counts().is_null());
  report({fileReporter()});
  instance->signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return !counts().is_null(); })) << instance->output();
  const auto id = push({"throw"});
  EXPECT_TRUE(eventually([&] { return reportsAbout(id).size() == 1; })) << instance->output();
}

TEST_F(ErrorReportsTest, StatusShowsTheCountsAndTheProcessOfTheReporters) {
  push({"throw"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return count("sent") == 1; })) << instance->output();
  EXPECT_GT(counts().at("pid").get<pid_t>(), 0);
  EXPECT_EQ(counts().at("waiting"), 0);
  EXPECT_EQ(status().at("workers").size(), 2u) << "its process is not shown as a worker that runs tasks";
  EXPECT_THAT(leptir({"status"}).out, HasSubstr("error reports: 1 sent, 0 waiting, 0 dropped, 0 lost by a reporter"));
}

TEST_F(ErrorReportsTest, CheckNamesTheReportersAndTheirTimeLimits) {
  const auto checked = leptir({"check"});
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_THAT(checked.lines(), Contains("error reporter reports: class File, at most 30.0 s for each report"));
}

TEST_F(ErrorReportsTest, AClassThatTheProgramDoesNotHaveIsAConfigurationError) {
  program = buildFolder() / "leptir";
  for (const auto* command : {"start", "check"}) {
    const auto refused = leptir({command});
    EXPECT_EQ(refused.exit, 78);
    EXPECT_THAT(refused.err, HasSubstr("this program has no error reporter 'File': start the program that registers "
                                       "it"));
  }
}

TEST_F(ErrorReportsTest, OptionsThatAReporterRefusesAreAConfigurationError) {
  report({"{ class: File, options: { fil: x } }"});
  const auto refused = leptir({"check"});
  EXPECT_EQ(refused.exit, 78);
  EXPECT_THAT(refused.err, HasSubstr("'options' of error reporter 1: needs the key 'file'"));
}

TEST_F(ErrorReportsTest, AProgramWithTwoReportersOfOneNameDoesNotRun) {
  ::setenv("LEPTIR_TEST_TWO_OF_ONE_NAME", "1", 1);
  const auto refused = leptir({"check"});
  ::unsetenv("LEPTIR_TEST_TWO_OF_ONE_NAME");
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, HasSubstr("two error reporters have the name 'File': rename one of them"));
}

TEST_F(ErrorReportsTest, TasksDoNotFindTheKeysOfReportersInTheirEnvironment) {
  ::setenv("LEPTIR_TEST_SERVICE_KEY", "k-0123456789", 1);
  ::setenv("LEPTIR_TEST_STAGE", "production", 1);
  report({fileReporter(", api_key: \"${LEPTIR_TEST_SERVICE_KEY}\", stage: \"${LEPTIR_TEST_STAGE}\"")});
  const auto key = push({"search_environment", "variable=LEPTIR_TEST_SERVICE_KEY"});
  const auto stage = push({"search_environment", "variable=LEPTIR_TEST_STAGE"});
  drainAll();
  EXPECT_EQ(info(key).at("respM"), "unset");
  EXPECT_EQ(info(stage).at("respM"), "set");
  ::unsetenv("LEPTIR_TEST_SERVICE_KEY");
  ::unsetenv("LEPTIR_TEST_STAGE");
}

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer maps terabytes, which take hours to search
TEST_F(ErrorReportsTest, TasksDoNotFindTheOptionsOfReportersInTheirMemory) {
  std::ofstream(folder / "key") << "correct-horse-battery\n";
  report({fileReporter(", api_key: \"${file:" + (folder / "key").string() + "}\"")});
  const auto id = push({"search_memory", "first=correct-horse", "second=-battery"});
  drainAll();
  EXPECT_EQ(info(id).at("respM"), "1") << "only the text that the task itself has put together";
}
#endif

}  // namespace
}  // namespace leptir::e2e
