// The error reporters `http` and `sentry` through the whole product: what a service receives, what a user sees of them,
// and that keys appear nowhere.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"
#include "tests/support/http_server.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "0123456789abcdef0123456789abcdef";

class ErrorServicesTest : public Installation {
 protected:
  ErrorServicesTest() {
    program = buildFolder() / "dying_tasks";
    for (const auto* name : {"http_proxy", "https_proxy", "all_proxy"}) ::unsetenv(name);
  }

  void useReporter(const std::string& entry) { writeConfig(defaultYaml("  error_reporting:\n    - " + entry + "\n")); }
  void useSentry() { useReporter("{ type: sentry, options: { dsn: '" + dsn() + "', environment: staging } }"); }
  std::string dsn() const { return "http://" + kKey + "@127.0.0.1:" + std::to_string(server.port()) + "/42"; }

  std::string log() const { return readWholeFile(folder / "leptir.log"); }

  // Waits for requests and returns the JSON document of each: for an envelope the event.
  std::vector<Json> documents(std::size_t count) {
    EXPECT_TRUE(eventually([&] { return server.requests().size() >= count; }));
    std::vector<Json> all;
    for (const auto& request : server.requests()) {
      const bool isEnvelope = request.target.ends_with("/envelope/");
      const auto begin = isEnvelope ? request.body.find('\n', request.body.find('\n') + 1) + 1 : 0;
      all.push_back(parseJson(request.body.substr(begin)).value_or(Json()));
    }
    return all;
  }

  HttpServer server;
};

TEST_F(ErrorServicesTest, AnHttpServiceGetsADocumentWithTheHeadersOfTheConfiguration) {
  const TempDir secrets;
  const auto file = secrets.write("authorization", "Bearer geheim-123\n");
  useReporter("{ type: http, options: { url: '" + server.origin() +
              "/in', headers: { Authorization: '${file:" + file.string() + "}' } } }");
  const auto id = push({"throw", "width:=320", "password=geheim-456"});
  const auto instance = start();
  const auto document = documents(1).at(0);
  EXPECT_EQ(server.requests()[0].target, "/in");
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Bearer geheim-123");
  EXPECT_EQ(document["reported_as"], "exception");
  EXPECT_EQ(document["exception"]["type"], "std::runtime_error");
  EXPECT_EQ(document["message"], "Very nice! How much?");
  EXPECT_EQ(document["id"], id);
  EXPECT_EQ(document["name"], "throw");
  EXPECT_EQ(document["cause"], "threw");
  EXPECT_EQ(document["parameters"]["width"], 320);
  EXPECT_THAT(server.requests()[0].body, Not(HasSubstr("geheim")));
  EXPECT_TRUE(eventually([&] { return status()["errorReports"]["sent"] == 1; }));
}

TEST_F(ErrorServicesTest, SentryGetsTheStackFramesOfACrash) {
  useSentry();
  push({"segv"});
  const auto instance = start();
  const auto event = documents(1).at(0);
  EXPECT_EQ(server.requests()[0].target, "/api/42/envelope/");
  EXPECT_THAT(server.requests()[0].headers.at("x-sentry-auth"), HasSubstr("sentry_key=" + kKey));
  EXPECT_EQ(event["level"], "fatal");
  EXPECT_EQ(event["environment"], "staging");
  EXPECT_EQ(event["tags"]["task"], "segv");
  const auto& exception = event["exception"]["values"][0];
  EXPECT_EQ(exception["type"], "Crash");
  EXPECT_THAT(exception["value"].get<std::string>(), HasSubstr("killed by signal 11"));
  const auto& innermost = exception["stacktrace"]["frames"].back();
  EXPECT_EQ(innermost["function"], "dying::writeNowhere()");
  EXPECT_THAT(innermost["filename"].get<std::string>(), HasSubstr("dying_tasks.cc"));
  EXPECT_GT(innermost["lineno"], 0);
}

TEST_F(ErrorServicesTest, AServiceThatNeverAnswersDelaysNoTask) {
  server.willReact(std::deque<HttpReaction>(100, {.how = HttpReaction::How::Silence}));
  useSentry();
  push({"throw"});
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return server.requests().size() == 1; }));
  const auto id = push({"noop"});
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(ErrorServicesTest, TheLogSaysWhyAReportIsLost) {
  server.willReact({{.status = 403, .headers = {"X-Sentry-Error: unknown key " + kKey}}});
  useSentry();
  push({"throw"});
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return log().find("answered 403") != std::string::npos; })) << log();
  EXPECT_THAT(log(), HasSubstr(server.origin() + ": answered 403 (unknown key [redacted]): check the key"));
}

TEST_F(ErrorServicesTest, TheKeyAppearsNowhere) {
  ::setenv("LEPTIR_TEST_DSN", dsn().c_str(), 1);
  useReporter("{ type: sentry, options: { dsn: '${LEPTIR_TEST_DSN}' } }");
  server.willReact({{.status = 400, .body = "bad key " + kKey}});
  const auto id = push({"throw"});
  const auto crashed = push({"segv"});
  const auto instance = start();
  documents(2);
  EXPECT_THAT(readWholeFile("/proc/" + std::to_string(instance->pid()) + "/environ"), HasSubstr(kKey))
      << "the master may keep it";
  for (const auto pid : workerPids())
    EXPECT_THAT(readWholeFile("/proc/" + std::to_string(pid) + "/environ"), Not(HasSubstr(kKey)));
  EXPECT_THAT(leptir({"info", id}).out + leptir({"info", crashed}).out, Not(HasSubstr(kKey)));
  for (const auto& command :
       {std::vector<std::string>{"status", "--json"}, {"status"}, {"check", "--json"}, {"check"}}) {
    const auto said = leptir(command);
    EXPECT_THAT(said.out + said.err, Not(HasSubstr(kKey))) << command[0];
  }
  instance->signal(SIGTERM);
  instance->waitForExit();
  EXPECT_THAT(log() + instance->output(), Not(HasSubstr(kKey)));
  ::unsetenv("LEPTIR_TEST_DSN");
}

TEST_F(ErrorServicesTest, AWrongOptionIsAMistakeOfTheConfigurationThatShowsNoValue) {
  ::setenv("LEPTIR_TEST_DSN", "https://sentry.example.org/geheim", 1);
  useReporter("{ type: sentry, options: { dsn: '${LEPTIR_TEST_DSN}' } }");
  for (const std::string command : {"start", "check"}) {
    const auto said = leptir({command});
    EXPECT_EQ(said.exit, 78);
    EXPECT_THAT(said.out + said.err,
                AllOf(HasSubstr("leptir.yaml:"), HasSubstr("'dsn' must be a DSN like https://KEY@"),
                      HasSubstr("no public key before an '@'"), Not(HasSubstr("geheim"))));
  }
  ::unsetenv("LEPTIR_TEST_DSN");
}

}  // namespace
}  // namespace leptir::e2e
