#include "log/log_line.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "leptir/json.h"

namespace leptir::log {
namespace {

// Sets the time zone of the process for one test.
class LogLine : public testing::Test {
 protected:
  static void setZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    (void)formatTextLine({.time = Time()});  // the text of another second takes the place of the one that is kept
  }
  void SetUp() override { setZone("UTC0"); }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

constexpr Time kMoment(std::chrono::seconds(1795451149) + std::chrono::microseconds(999999));

std::string textLine(LogLevel level, std::string_view message) {
  return formatTextLine({.time = kMoment, .level = level, .message = message});
}

// What the JSON line of a message says; it must be one line.
std::string messageInJson(std::string_view message) {
  const auto line = formatJsonLine({.time = kMoment, .message = message}, "");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto json = parseJson(line);
  return json ? json->at("message").get<std::string>() : "no JSON: " + json.error().message();
}

TEST_F(LogLine, HasTheFormatOfPhpLeptir) {
  EXPECT_EQ(textLine(LogLevel::Info, "message"), "2026-11-23T16:25:49+00:00 INFO (6): message\n");
  EXPECT_EQ(textLine(LogLevel::Error, ""), "2026-11-23T16:25:49+00:00 ERR (3): \n");
  EXPECT_EQ(textLine(LogLevel::Warning, "w"), "2026-11-23T16:25:49+00:00 WARN (4): w\n");
  EXPECT_EQ(textLine(LogLevel::Debug, "d"), "2026-11-23T16:25:49+00:00 DEBUG (7): d\n");
}

TEST_F(LogLine, UsesTheLocalTimeZone) {
  setZone("NPT-5:45");
  EXPECT_EQ(textLine(LogLevel::Info, "m"), "2026-11-23T22:10:49+05:45 INFO (6): m\n");
  setZone("NST3:30");
  EXPECT_EQ(textLine(LogLevel::Info, "m"), "2026-11-23T12:55:49-03:30 INFO (6): m\n");
}

TEST_F(LogLine, EscapesLineFeedsSoThatItStaysOneLine) {
  EXPECT_EQ(textLine(LogLevel::Info, "a\nb\x1b[m"), "2026-11-23T16:25:49+00:00 INFO (6): a\\nb\\x1b[m\n");
}

TEST_F(LogLine, OfTextNamesTheTaskInFrontOfTheMessage) {
  EXPECT_EQ(formatTextLine({.time = kMoment, .message = "m", .task = {.id = "7", .name = "x.y\n", .attempt = 2}}),
            "2026-11-23T16:25:49+00:00 INFO (6): [7](x.y\\n) m\n");
  EXPECT_EQ(formatTextLine({.time = kMoment, .message = "m", .task = {.id = "7"}}),
            "2026-11-23T16:25:49+00:00 INFO (6): [7] m\n");
}

TEST_F(LogLine, OfJsonHasAFieldForEachPart) {
  EXPECT_EQ(formatJsonLine({.time = kMoment,
                            .level = LogLevel::Warning,
                            .message = "slow",
                            .task = {.id = "7", .name = "x.y", .attempt = 2}},
                           sourceFields("0190", "worker 3")),
            R"({"time":"2026-11-23T16:25:49.999999+00:00","level":"warning","instance":"0190","process":"worker 3",)"
            R"("task":"7","name":"x.y","attempt":2,"message":"slow"})"
            "\n");
}

TEST_F(LogLine, OfJsonLeavesOutFieldsThatAreNotKnown) {
  EXPECT_EQ(formatJsonLine({.time = kMoment, .level = LogLevel::Error, .message = "", .textPrefix = "[1](:MASTER:) "},
                           sourceFields("", "")),
            "{\"time\":\"2026-11-23T16:25:49.999999+00:00\",\"level\":\"error\",\"message\":\"\"}\n");
}

TEST_F(LogLine, OfJsonUsesTheLocalTimeZoneAndMicrosecondsBefore1970) {
  setZone("NST3:30");
  EXPECT_THAT(formatJsonLine({.time = Time(std::chrono::microseconds(-1)), .message = "m"}, ""),
              testing::StartsWith(R"({"time":"1969-12-31T20:29:59.999999-03:30")"));
}

TEST_F(LogLine, OfJsonIsValidWhateverBytesTheMessageHas) {
  EXPECT_EQ(messageInJson("a \"quoted\" back\\slash \n\r\t\x01\x7f č 🦋"),
            "a \"quoted\" back\\slash \n\r\t\x01\x7f č 🦋");
  EXPECT_EQ(messageInJson(std::string_view("zero\0", 5)), std::string_view("zero\0", 5));
  EXPECT_EQ(messageInJson("cut \xc4"), "cut \xef\xbf\xbd");
  std::mt19937 random(20261123);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const auto said = messageInJson(bytes);
    EXPECT_TRUE(base::isUtf8(said));
    if (base::isUtf8(bytes)) {
      EXPECT_EQ(said, bytes);
    }
  }
}

TEST_F(LogLine, OfJsonCannotSendCommandsToATerminal) {
  const auto line = formatJsonLine({.time = kMoment,
                                    .message = "\x1b[2J\xc2\x9b"
                                               "1m\xe2\x80\xae"},
                                   "");
  EXPECT_THAT(line, testing::HasSubstr(R"("message":"\u001b[2J\u009b1m\u202e")"));
}

}  // namespace
}  // namespace leptir::log
