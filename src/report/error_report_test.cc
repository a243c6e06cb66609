#include "report/error_report.h"

#include <gtest/gtest.h>

#include "leptir/version.h"

namespace leptir::report {
namespace {

using namespace std::chrono_literals;

ErrorReport exampleReport() {
  return {.kind = ErrorKind::Exception,
          .fate = TaskFate::Retried,
          .id = "a1",
          .name = "mail",
          .attempt = 2,
          .cause = "threw",
          .status = "error",
          .response = "Task exited with exception: no server",
          .stderrTail = "late\n",
          .thrown = ThrownError{"std::runtime_error", "no server"},
          .envelope = R"({"cn":"mail","td":{"id":"a1","parameters":{"to":"ann","token":"t"}}})",
          .broker = "main",
          .host = "box",
          .pid = 7,
          .started = Time(1500ms),
          .ended = Time(2s),
          .suppressed = 3};
}

TEST(ErrorReport, TellsAReporterAllThatItsDocumentationPromises) {
  EXPECT_EQ(dataOf(exampleReport(), Redaction()),
            (Json{{"id", "a1"},
                  {"name", "mail"},
                  {"attempt", 2},
                  {"cause", "threw"},
                  {"status", "error"},
                  {"settled", "retried"},
                  {"response", "Task exited with exception: no server"},
                  {"stderr", "late\n"},
                  {"exception", {{"type", "std::runtime_error"}, {"message", "no server"}}},
                  {"parameters", {{"to", "ann"}, {"token", "[redacted]"}}},
                  {"broker", "main"},
                  {"host", "box"},
                  {"pid", 7},
                  {"version", kVersion},
                  {"started", 1.5},
                  {"ended", 2.0},
                  {"suppressed", 3},
                  {"ErrType", "Exception"},
                  {"TaskType", "mail"},
                  {"TaskId", "a1"}}));
}

TEST(ErrorReport, HasAnObjectForTheParametersOfATaskWithoutAny) {
  EXPECT_EQ(dataOf({.envelope = R"({"td":{"parameters":[]}})"}, Redaction()).at("parameters"), Json::object());
}

TEST(ErrorReport, LeavesOutWhatIsNotKnown) {
  const auto data = dataOf({.kind = ErrorKind::Malformed, .envelope = "no envelope"}, Redaction());
  for (const auto* key : {"response", "stack", "stderr", "signal", "exception", "parameters", "started", "suppressed"})
    EXPECT_FALSE(data.contains(key)) << key;
  EXPECT_EQ(data.at("id"), "");
}

TEST(ErrorReport, HasTheStackAndTheSignalOfACrash) {
  const auto data = dataOf({.kind = ErrorKind::Crash, .stack = {"f at a.cc:1", "main"}, .signal = 11}, Redaction());
  EXPECT_EQ(data.at("stack"), (Json{"f at a.cc:1", "main"}));
  EXPECT_EQ(data.at("signal"), 11);
}

TEST(ErrorReport, LeavesOutParametersThatAreTooLargeOrNestedTooDeep) {
  auto report = exampleReport();
  report.envelope = R"({"td":{"parameters":{"a":")" + std::string(kMaxTextBytes, 'x') + R"("}}})";
  EXPECT_EQ(dataOf(report, Redaction()).at("parameters"), "[left out: more than 16384 bytes]");
  report.envelope = R"({"td":{"parameters":)" + std::string(300, '[') + std::string(300, ']') + "}}";
  EXPECT_EQ(dataOf(report, Redaction()).at("parameters"), "[left out: nested deeper than 100 levels]");
}

TEST(ErrorReport, ReadsAnyBytesOfAnEnvelopeWithoutHarm) {
  auto report = exampleReport();
  for (const auto* bytes : {"", "[", "[]", "{\"td\":1}", "{\"td\":{\"parameters\":null}}", "\xff\xfe", "{\"td\":{}}"}) {
    report.envelope = bytes;
    EXPECT_FALSE(dataOf(report, Redaction()).contains("parameters")) << bytes;
  }
}

TEST(ErrorReport, SaysInOneSentenceWhatHappenedAndWhatBecomesOfTheTask) {
  EXPECT_EQ(messageOf({.kind = ErrorKind::TimeLimit}), "Task time limit exceeded.") << "PHP leptir's words";
  EXPECT_EQ(messageOf({.kind = ErrorKind::Error, .response = "disk full"}), "Task has failed: disk full");
  EXPECT_EQ(messageOf({.kind = ErrorKind::Crash, .response = "killed by signal 11"}),
            "Task crashed: killed by signal 11");
  EXPECT_EQ(messageOf(exampleReport()), "Task exited with exception: no server");
  EXPECT_EQ(messageOf({.kind = ErrorKind::Error,
                       .fate = TaskFate::Buried,
                       .reason = "failed 2 times, the last time: error",
                       .response = "disk full"}),
            "Task has failed: disk full. It is buried: failed 2 times.");
  EXPECT_EQ(messageOf({.kind = ErrorKind::Buried, .fate = TaskFate::Buried, .reason = "its session expired 10 times"}),
            "Task is not run any more. It is buried: its session expired 10 times.");
  EXPECT_EQ(messageOf({.kind = ErrorKind::Malformed, .fate = TaskFate::Buried, .reason = "malformed: no JSON"}),
            "The stored bytes are no task. It is buried: malformed: no JSON.");
}

TEST(ErrorReport, KeepsTheBeginningOrTheEndOfALongText) {
  const std::string text = "first" + std::string(kMaxTextBytes, '-') + "last";
  EXPECT_TRUE(beginningOf(text).starts_with("first"));
  EXPECT_TRUE(beginningOf(text).ends_with(" […]"));
  EXPECT_TRUE(endOf(text).ends_with("last"));
  EXPECT_EQ(endOf(text).size(), kMaxTextBytes);
  EXPECT_EQ(beginningOf("short"), "short");
}

}  // namespace
}  // namespace leptir::report
