// Which errors reach the error reporters, and what a report carries.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/e2e/database.h"
#include "tests/e2e/reporting.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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

}  // namespace
}  // namespace leptir::e2e
