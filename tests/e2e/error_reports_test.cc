// Error reporting: which errors reach the reporters, what a report carries, and that no reporter harms anything.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/e2e/database.h"
#include "tests/e2e/ledger.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ErrorReportsTest : public Ledger {
 protected:
  ErrorReportsTest() {
    program = LEPTIR_REPORTING_PROGRAM;
    report({fileReporter()});
  }

  std::string fileReporter(const std::string& more = "", const std::string& name = "reports") const {
    return "{ class: File, name: " + name + ", options: { file: " + (folder / name).string() + more + " } }";
  }
  // Configures these reporters.
  void report(const std::vector<std::string>& reporters, const std::string& more = "") {
    std::string list;
    for (const auto& reporter : reporters) list += "    - " + reporter + "\n";
    writeConfig(defaultYaml("  error_reporting:\n" + list + more));
  }

  std::vector<Json> reports(const std::string& name = "reports") const {
    std::vector<Json> reports;
    std::ifstream file(folder / name);
    for (std::string line; std::getline(file, line);) reports.push_back(Json::parse(line));
    return reports;
  }
  std::vector<Json> reportsAbout(const std::string& id, const std::string& name = "reports") const {
    auto all = reports(name);
    std::erase_if(all, [&](const Json& report) { return report.at("data").at("id") != id; });
    return all;
  }
  // The only report about a task.
  Json reportAbout(const std::string& id) const {
    const auto found = reportsAbout(id);
    EXPECT_EQ(found.size(), 1u) << id;
    return found.empty() ? Json{{"data", Json::object()}} : found.front();
  }
  // Runs the tasks that wait, to the end of the instance.
  void drainAll() {
    const auto instance = start({"--drain"});
    exitStatus = instance->waitForExit();
    output = instance->output();
  }
  bool isLeased(const std::string& id) { return info(id).value("state", "") == "leased"; }
  Json counts() { return status().at("errorReports"); }  // null: no instance runs, or it has no reporters
  std::uint64_t count(const char* key) {
    const auto now = counts();
    return now.is_null() ? 0 : now.at(key).get<std::uint64_t>();
  }

  int exitStatus = -1;
  std::string output;
};

TEST_F(ErrorReportsTest, AnExceptionIsReportedWithEverythingThatIsKnownOfTheRun) {
  const auto id = push({"throw", "to=ann", "password=s3cret", "deep:={\"apiToken\":\"t\"}"});
  drainAll();
  const auto report = reportAbout(id);
  EXPECT_EQ(report.at("exception"), "std::runtime_error: Very nice! How much?");
  const auto& data = report.at("data");
  EXPECT_EQ(data.at("name"), "throw");
  EXPECT_EQ(data.at("attempt"), 1);
  EXPECT_EQ(data.at("cause"), "threw");
  EXPECT_EQ(data.at("settled"), "over");
  EXPECT_EQ(data.at("ErrType"), "Exception");
  EXPECT_EQ(data.at("TaskId"), id);
  EXPECT_EQ(data.at("response"), info(id).at("respM"));
  EXPECT_EQ(data.at("pid"), info(id).at("pid"));
  EXPECT_EQ(data.at("host"), info(id).at("host"));
  EXPECT_TRUE(data.contains("version"));
  EXPECT_LE(data.at("started").get<double>(), data.at("ended").get<double>());
  EXPECT_EQ(data.at("parameters"),
            (Json{{"to", "ann"}, {"password", "[redacted]"}, {"deep", {{"apiToken", "[redacted]"}}}}));
  EXPECT_NE(report.at("reporterPid"), data.at("pid")) << "reporters run in a process of their own";
}

TEST_F(ErrorReportsTest, AnErrorStatusIsReportedAsAMessage) {
  const auto id = push({"fail"});
  drainAll();
  EXPECT_EQ(reportAbout(id).at("message"), "Task has failed: Very nice! How much?");
}

TEST_F(ErrorReportsTest, ACrashIsReportedWithStackAndSignalOnceForEachFate) {
  const auto id = push({"segv"});
  drainAll();
  const auto found = reportsAbout(id);
  ASSERT_GE(found.size(), 2u) << "two crashes that are retried are alike, the third one buries the task";
  const auto& data = found.front().at("data");
  EXPECT_EQ(data.at("cause"), "crashed");
  EXPECT_EQ(data.at("signal"), SIGSEGV);
  EXPECT_EQ(data.at("settled"), "retried");
  EXPECT_THAT(data.at("stack").at(0).get<std::string>(), HasSubstr("dying::writeNowhere()"));
  EXPECT_THAT(found.front().at("message").get<std::string>(), StartsWith("Task crashed: killed by signal 11"));
  EXPECT_EQ(std::ranges::count_if(found, [](const Json& r) { return r.at("data").at("settled") == "buried"; }), 1);
}

TEST_F(ErrorReportsTest, ACrashReportHasTheEndOfTheStderrOfItsTask) {
  const auto id = push({"talk"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return !reportsAbout(id).empty(); })) << instance->output();
  EXPECT_THAT(reportsAbout(id).front().at("data").at("stderr").get<std::string>(), HasSubstr("the last line\n"));
}

TEST_F(ErrorReportsTest, AnExceededTimeLimitIsReportedInPhpLeptirsWords) {
  const auto id = push({"hang", "--timeLimit=1"});
  drainAll();
  const auto report = reportAbout(id);
  EXPECT_EQ(report.at("message"), "Task time limit exceeded.");
  EXPECT_EQ(report.at("data").at("ErrType"), "TimeLimit");
  EXPECT_EQ(report.at("data").at("status"), "time limit exceeded");
}

TEST_F(ErrorReportsTest, TheLastAttemptIsReportedAsABurial) {
  const auto id = push({"fail", "--maxAttempts=2"});
  writeConfig(
      defaultYaml("  error_reporting:\n    - " + fileReporter() + "\n  tasks: { fail: { retry_delay: 0.05 } }\n"));
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return reportsAbout(id).size() == 2; })) << instance->output();
  EXPECT_EQ(reportsAbout(id)[0].at("data").at("settled"), "retried");
  const auto last = reportsAbout(id)[1];
  EXPECT_EQ(last.at("data").at("settled"), "buried");
  EXPECT_EQ(last.at("data").at("attempt"), 2);
  EXPECT_EQ(last.at("data").at("reason"), "failed 2 times, the last time: error");
  EXPECT_THAT(last.at("message").get<std::string>(), HasSubstr("It is buried: failed 2 times"));
}

// The instance of its tenth lease dies, and so does the session.
TEST_F(ErrorReportsTest, ATaskWhoseSessionExpiredTooOftenIsReportedAndRecordedWhenItIsBuried) {
  const auto id = push({"sleep", "seconds:=100"});
  Database(folder / "leptir.db").run("UPDATE leptir_tasks SET expiries = 9");
  auto instance = start();
  ASSERT_TRUE(eventually([&] { return isLeased(id); })) << instance->output();
  instance->signal(SIGKILL);
  instance->waitForExit();
  instance = start();
  ASSERT_TRUE(eventually([&] { return !reportsAbout(id).empty(); })) << instance->output();
  const auto report = reportAbout(id);
  const auto& data = report.at("data");
  EXPECT_EQ(data.at("ErrType"), "Buried");
  EXPECT_EQ(data.at("settled"), "buried");
  EXPECT_EQ(data.at("name"), "sleep");
  EXPECT_EQ(data.at("attempt"), 10);
  EXPECT_EQ(data.at("cause"), "session_expired");
  EXPECT_EQ(data.at("parameters"), (Json{{"seconds", 100}}));
  EXPECT_EQ(report.at("message"), "Task is not run any more. It is buried: its session expired 10 times.");
  const auto record = info(id);
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_EQ(record.at("retC"), 3);
  EXPECT_EQ(record.at("cause"), "session_expired");
  EXPECT_EQ(record.at("state"), "buried");
  EXPECT_EQ(record.at("reason"), "its session expired 10 times");
  EXPECT_EQ(status().at("instance").at("failed"), 1);
  EXPECT_THAT(leptir({"tasks", "--cause=session_expired"}).out, HasSubstr(id));
}

TEST_F(ErrorReportsTest, AProgramThatFailsIsReportedWithItsOutput) {
  report({fileReporter()},
         "  tasks: { prog: { command: [/bin/sh, -c, 'echo half done; echo no disk >&2; exit 3'] } }\n");
  const auto id = push({"prog", "to=ann", "token=s3cret"});
  drainAll();
  const auto report = reportAbout(id);
  const auto& data = report.at("data");
  EXPECT_EQ(data.at("ErrType"), "Error");
  EXPECT_EQ(data.at("name"), "prog");
  EXPECT_EQ(data.at("cause"), "finished");
  EXPECT_EQ(data.at("response"), info(id).at("respM"));
  EXPECT_THAT(data.at("response").get<std::string>(), StartsWith("half done"));
  EXPECT_EQ(data.at("stderr"), "no disk\n");
  EXPECT_EQ(data.at("parameters"), (Json{{"to", "ann"}, {"token", "[redacted]"}}));
  EXPECT_THAT(report.at("message").get<std::string>(), StartsWith("Task has failed: half done"));
}

TEST_F(ErrorReportsTest, AProgramThatIsKilledIsReportedAsACrash) {
  report({fileReporter()}, "  tasks: { prog: { command: [/bin/sh, -c, 'echo last words >&2; kill -9 $$'] } }\n");
  const auto id = push({"prog"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return !reportsAbout(id).empty(); })) << instance->output();
  const auto data = reportsAbout(id).front().at("data");
  EXPECT_EQ(data.at("ErrType"), "Crash");
  EXPECT_EQ(data.at("signal"), SIGKILL);
  EXPECT_EQ(data.at("settled"), "retried");
  EXPECT_EQ(data.at("stderr"), "last words\n");
  EXPECT_FALSE(data.contains("stack")) << "it would be leptir's own";
}

TEST_F(ErrorReportsTest, AProgramOverItsTimeLimitIsReported) {
  report({fileReporter()}, "  tasks: { prog: { command: [sleep, '100'], time_limit: 0.3 } }\n");
  const auto id = push({"prog"});
  drainAll();
  EXPECT_EQ(reportAbout(id).at("data").at("ErrType"), "TimeLimit");
}

TEST_F(ErrorReportsTest, ARefusedEnvelopeIsReported) {
  push({"noop"});
  Database database(folder / "leptir.db");
  database.run("UPDATE leptir_tasks SET envelope = 'no envelope'");
  drainAll();
  ASSERT_EQ(reports().size(), 1u) << output;
  const auto report = reports().front();
  EXPECT_EQ(report.at("data").at("ErrType"), "Malformed");
  EXPECT_EQ(report.at("data").at("settled"), "buried");
  EXPECT_EQ(report.at("data").at("id"), "");
  EXPECT_THAT(report.at("message").get<std::string>(), HasSubstr("It is buried: malformed: "));
}

TEST_F(ErrorReportsTest, WhatARedisServerBuriesByItselfIsReportedAndRecordedUnderTheIdOfItsBurial) {
  RedisServer server;
  const auto connection = "connection: { scheme: unix, path: " + server.socket() + " }";
  writeConfig("leptir:\n  brokers: [{ type: redis, " + connection + " }]\n  meta_storage: [{ type: redis, " +
              connection + " }]\n  error_reporting:\n    - " + fileReporter() + "\n");
  server.ask({"ZADD", "leptir:ztasks", "1", std::string(17 << 20, ' ')});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return !reports().empty(); })) << instance->output();
  const auto report = reports().front();
  const auto& data = report.at("data");
  EXPECT_EQ(data.at("ErrType"), "Malformed");
  EXPECT_EQ(data.at("settled"), "buried");
  EXPECT_THAT(data.at("reason").get<std::string>(), StartsWith("malformed: too large: 17825792 bytes"));
  const auto id = data.at("id").get<std::string>();
  EXPECT_THAT(id, StartsWith("too-large."));
  EXPECT_EQ(info(id).at("cause"), "malformed");
  EXPECT_EQ(info(id).at("state"), "buried");
  EXPECT_EQ(status().at("instance").at("failed"), 1);
}

TEST_F(ErrorReportsTest, SuccessesCancelsAndRetriesOnRequestAreNotReported) {
  push({"noop"});
  push({"sleep", "seconds:=0"});
  const auto cancelled = push({"sleep", "seconds:=100"});
  const auto instance = start({"--drain"});
  ASSERT_TRUE(eventually([&] { return leptir({"cancel", cancelled}).exit == 0; }));
  instance->waitForExit();
  EXPECT_EQ(reports().size(), 0u);
}

TEST_F(ErrorReportsTest, IdenticalErrorsAreSentOnceAndCounted) {
  for (int i = 0; i < 20; ++i) push({"fail"});
  drainAll();
  const auto found = reports();
  ASSERT_EQ(found.size(), 2u) << "the first at once, the others together at the end of the instance";
  EXPECT_FALSE(found[0].at("data").contains("suppressed"));
  EXPECT_EQ(found[1].at("data").at("suppressed"), 18);
}

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
  program = LEPTIR_PROGRAM;
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
