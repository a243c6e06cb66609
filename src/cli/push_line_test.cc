#include "cli/push_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <limits>

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string parametersOf(std::string_view json, const std::vector<std::string>& arguments) {
  const auto parameters = parseParameters(json, arguments);
  return parameters ? *parameters : parameters.error().message();
}

std::string whyNot(std::string_view line) {
  const auto task = parsePushLine(line);
  return task ? std::string() : task.error().message();
}

TEST(ParseParameters, KeepsNumbersAndTheOrderOfKeysAsTheyWereGiven) {
  EXPECT_EQ(parametersOf("", {"z:=123456789012345678901234567890", "a=č\"/", "m:= 1.50 "}),
            R"({"z":123456789012345678901234567890,"a":"\u010d\"\/","m":1.50})");
  EXPECT_EQ(parametersOf(R"({"zeta":1,"alpha":{"y":-0,"b":1e400}})", {}), R"({"zeta":1,"alpha":{"y":-0,"b":1e400}})");
  EXPECT_EQ(parametersOf(R"({"zeta":1, "alpha":2})", {"zeta:=[3]", "new=x", "new=y"}),
            R"({"zeta":[3], "alpha":2,"new":"y"})");
}

TEST(ParseParameters, SaysWhatIsWrong) {
  EXPECT_THAT(parametersOf("[1]", {}), HasSubstr("--json must be an object"));
  EXPECT_THAT(parametersOf("{", {}), HasSubstr("--json: not JSON at byte"));
  EXPECT_THAT(parametersOf("", {"n:=1,2"}), HasSubstr("parameter 'n' is no JSON"));
  EXPECT_THAT(parametersOf("", {"n:="}), HasSubstr("parameter 'n' is no JSON: it is empty"));
  EXPECT_THAT(parametersOf("", {"k\xff=1"}), HasSubstr("is not UTF-8"));
  EXPECT_THAT(parametersOf("", {"novalue"}), HasSubstr("write key=text or key:=JSON"));
}

TEST(ParsePushLine, SetsEveryOptionOfALine) {
  const auto task = parsePushLine(
      R"({"name":"x","parameters":{"z":1,"wei":123456789012345678901234},"delaySeconds":1.5,"priority":-3,)"
      R"("timeLimit":7,"maxAttempts":4,"id":"i","broker":"b"})");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->name, "x");
  EXPECT_EQ(task->parametersText, R"({"z":1,"wei":123456789012345678901234})");
  EXPECT_EQ(task->options.delay, 1500ms);
  EXPECT_EQ(task->options.priority, -3);
  EXPECT_EQ(task->options.timeLimitSeconds, 7);
  EXPECT_EQ(task->options.maxAttempts, 4u);
  EXPECT_EQ(task->options.id, "i");
  EXPECT_EQ(task->options.broker, "b");
}

TEST(ParsePushLine, AppliesDefaultsToOptionsThatTheLineDoesNotSet) {
  const PushOptions defaults{.delay = 60s, .priority = 3, .timeLimitSeconds = 7, .maxAttempts = 2, .broker = "b"};
  const auto plain = parsePushLine(R"({"name":"x"})", defaults)->options;
  EXPECT_EQ(plain.delay, 60s);
  EXPECT_EQ(plain.priority, 3);
  EXPECT_EQ(plain.timeLimitSeconds, 7);
  EXPECT_EQ(plain.maxAttempts, 2u);
  EXPECT_EQ(plain.broker, "b");
  const auto own = parsePushLine(R"({"name":"x","at":1700000000,"priority":0,"timeLimit":0})", defaults)->options;
  EXPECT_EQ(own.delay, 0s);
  EXPECT_EQ(own.timeOfExecution, Time(1'700'000'000s));
  EXPECT_EQ(own.priority, 0);
  EXPECT_EQ(own.timeLimitSeconds, 0);
  const PushOptions at{.timeOfExecution = Time(5s)};
  EXPECT_FALSE(parsePushLine(R"({"name":"x","delaySeconds":0})", at)->options.timeOfExecution);
}

TEST(ParsePushLine, AcceptsAnEnvelope) {
  const auto task = parsePushLine(
      R"({"cn":"App\\Mail","pr":3,"tl":"30","toex":1900000000,"td":{"id":"old","parameters":{"b":1.50,"a":2}},)"
      R"("at":3,"cr":1,"ma":5,"ts":1795462346.667348})",
      {.delay = 60s});
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->name, "App\\Mail");
  EXPECT_EQ(task->parametersText, R"({"b":1.50,"a":2})");
  EXPECT_EQ(task->options.id, "old");
  EXPECT_EQ(task->options.priority, 3);
  EXPECT_EQ(task->options.timeLimitSeconds, 30);
  EXPECT_EQ(task->options.maxAttempts, 5u);
  EXPECT_EQ(task->options.timeOfExecution, Time(1'900'000'000s));
  EXPECT_EQ(task->options.delay, 0s);
  EXPECT_EQ(parsePushLine(R"({"cn":"a","toex":"","td":[]})", {.delay = 60s})->options.delay, 60s);
}

TEST(ParsePushLine, ReadsWhenATaskExpires) {
  const PushOptions defaults{.expiresAfter = 60s};
  EXPECT_EQ(parsePushLine(R"({"name":"x"})", defaults)->options.expiresAfter, 60s);
  const auto own = parsePushLine(R"({"name":"x","expires":"2026-11-23T18:00:00.5Z"})", defaults)->options;
  EXPECT_EQ(own.expires, Time(1'795'456'800s + 500ms));
  EXPECT_EQ(own.expiresAfter, 0s);
  EXPECT_EQ(parsePushLine(R"({"name":"x","expires":1795456800.5})")->options.expires, own.expires);
  EXPECT_EQ(parsePushLine(R"({"name":"x","expires":5})")->options.expires, Time(5s)) << "a number has one meaning only";
  EXPECT_EQ(parsePushLine(R"({"name":"x","expires":"+5"})")->options.expiresAfter, 5s);
  const auto envelope = parsePushLine(R"({"cn":"x","td":{},"expires":1795456800.5})", defaults)->options;
  EXPECT_EQ(envelope.expires, own.expires);
  EXPECT_EQ(envelope.expiresAfter, 0s);
  EXPECT_THAT(whyNot(R"({"name":"x","expires":"soon"})"), HasSubstr("'soon' is no time"));
  EXPECT_THAT(whyNot(R"({"name":"x","expires":[]})"), HasSubstr("'expires' must be a time, not '[]'"));
  EXPECT_THAT(whyNot(R"({"cn":"x","td":{},"expires":"soon"})"), HasSubstr("'expires' must be Unix seconds"));
}

TEST(ParsePushLine, RefusesARepeatedKey) {
  EXPECT_THAT(whyNot(R"({"name":"x","priority":1,"priority":2})"), HasSubstr("'priority' stands twice"));
  EXPECT_THAT(whyNot(R"({"name":"x","n\u0061me":"y"})"), HasSubstr("'name' stands twice"));
  EXPECT_THAT(whyNot(R"({"cn":"x","tl":1,"td":{},"tl":2})"), HasSubstr("'tl' stands twice"));
  EXPECT_THAT(whyNot(R"({"cn":"x","td":{"id":"a","id":"b"}})"), HasSubstr("'id' stands twice"));
  EXPECT_EQ(whyNot(R"({"name":"x","parameters":{"a":1,"a":2}})"), "") << "parameters are the task's affair";
}

TEST(ParsePushLine, RefusesEnvelopeValuesThatConsumersWouldIgnore) {
  const auto envelope = [](const std::string& field) { return R"({"cn":"x",)" + field + R"(,"td":{}})"; };
  for (const auto* field : {R"("pr":"high")", R"("pr":1e30)", R"("pr":1.5)", R"("pr":[1])", R"("tl":-5)", R"("tl":"x")",
                            R"("tl":1e12)", R"("tl":true)", R"("toex":"soon")", R"("toex":1e30)", R"("toex":{})",
                            R"("ma":-1)", R"("ma":4294967296)", R"("ma":"three")", R"("ma":"3")"})
    EXPECT_THAT(whyNot(envelope(field)), HasSubstr("must be")) << field;
  EXPECT_THAT(whyNot(envelope(R"("toex":"soon")")), HasSubstr(R"('toex' must be Unix seconds within 1e11 of 1970, not )"
                                                              R"('"soon"')"));
  for (const auto* key : {"pr", "tl", "toex", "ma"}) {
    for (const auto* nothing : {"0", "null", "false", R"("")", "[ ]"})
      EXPECT_EQ(whyNot(envelope('"' + std::string(key) + "\":" + nothing)), "") << key << nothing;
  }
  EXPECT_EQ(parsePushLine(envelope(R"("pr":"-9223372036854775808")"))->options.priority,
            std::numeric_limits<std::int64_t>::min());
}

TEST(ParsePushLine, SaysWhatIsWrong) {
  EXPECT_THAT(whyNot("not json"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(whyNot(std::string("{\"name\":\"x\"}\0{}", 15)), HasSubstr("byte 12: a NUL byte"));
  EXPECT_THAT(whyNot("[1]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(whyNot(R"({"name":"x","nmae":1})"), HasSubstr("unknown key 'nmae'"));
  EXPECT_THAT(whyNot(R"({"parameters":{}})"), HasSubstr("'name' is missing"));
  EXPECT_THAT(whyNot(R"({"name":1})"), HasSubstr("'name' must be text, not '1'"));
  EXPECT_THAT(whyNot(R"({"name":"x","parameters":[1]})"), HasSubstr("'parameters' must be an object, not '[1]'"));
  EXPECT_THAT(whyNot(R"({"name":"x","priority":18446744073709551616})"), HasSubstr("not '18446744073709551616'"));
  EXPECT_THAT(whyNot(R"({"name":"x","maxAttempts":0})"), HasSubstr("'maxAttempts' must be a whole number from 1"));
  EXPECT_THAT(whyNot(R"({"name":"x","at":5,"delaySeconds":1})"), HasSubstr("exclude each other"));
  EXPECT_THAT(whyNot(R"({"name":"x","at":1e300})"), HasSubstr("'1e300'"));
  EXPECT_THAT(whyNot(R"({"cn":"","td":{}})"), HasSubstr("no envelope: `cn`"));
  EXPECT_THAT(whyNot(R"({"cn":"x","td":{},"trace":1})"), HasSubstr("'trace' must be a traceparent"));
  EXPECT_THAT(whyNot(R"({"cn":"x","td":{},"tracer":1})"), HasSubstr("unknown key 'tracer' in an envelope"));
  EXPECT_THAT(whyNot(R"({"cn":"x","td":{"more":1}})"), HasSubstr("unknown key 'more' in 'td'"));
}

TEST(ParsePushLine, TakesTheTraceparentOfALineAndOfAnEnvelope) {
  constexpr auto* kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(parsePushLine(fmt::format(R"({{"name": "x", "traceparent": "{}"}})", kTrace))->options.traceparent, kTrace);
  EXPECT_EQ(parsePushLine(fmt::format(R"({{"cn": "x", "td": {{}}, "trace": "{}"}})", kTrace))->options.traceparent,
            kTrace);
  EXPECT_EQ(parsePushLine(R"({"name": "x"})", {.traceparent = kTrace})->options.traceparent, kTrace);
  EXPECT_EQ(parsePushLine(R"({"cn": "x", "td": {}, "trace": "00-x"})").error().message(),
            "'trace' must be a traceparent of W3C Trace Context, not '\"00-x\"'");
}

}  // namespace
}  // namespace leptir::cli
