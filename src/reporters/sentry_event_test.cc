#include "reporters/sentry_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace leptir::reporters {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef";
const Time kNow{std::chrono::seconds(1'700'000'000)};

ReportedError thrownError() {
  ReportedError error;
  error.data = {{"id", "01a2"},
                {"name", "image.resize"},
                {"attempt", 2},
                {"cause", "threw"},
                {"status", "error"},
                {"settled", "retried"},
                {"response", "half way"},
                {"stderr", "oh\n"},
                {"broker", "urgent"},
                {"host", "node7"},
                {"pid", 4711},
                {"parameters", {{"width", 320}}},
                {"started", 1.5},
                {"ended", 2.25},
                {"suppressed", 3},
                {"ErrType", "Exception"}};
  error.thrown = ThrownError{"app::NoSpace", "disk 7 of 12 is full"};
  error.message = error.thrown->message;
  return error;
}

ReportedError crash() {
  ReportedError error;
  error.data = {{"name", "image.resize"},
                {"cause", "crashed"},
                {"ErrType", "Crash"},
                {"signal", 11},
                {"stack", {"app::resize(app::Image&) at /srv/app/resize.cc:33", "main in app"}}};
  error.message = "killed by signal 11 (Segmentation fault)";
  return error;
}

TEST(SentryEvent, OfAnExceptionHasItsTypeValueAndCircumstances) {
  const auto event = sentryEvent(thrownError(), {}, kId, kNow);
  EXPECT_EQ(event["event_id"], kId);
  EXPECT_EQ(event["timestamp"], 2.25);
  EXPECT_EQ(event["platform"], "native");
  EXPECT_EQ(event["level"], "error");
  EXPECT_EQ(event["logger"], "leptir");
  EXPECT_EQ(event["server_name"], "node7");
  EXPECT_EQ(event["transaction"], "image.resize");
  const auto& exception = event["exception"]["values"][0];
  EXPECT_EQ(exception["type"], "app::NoSpace");
  EXPECT_EQ(exception["value"], "disk 7 of 12 is full");
  EXPECT_FALSE(exception.contains("stacktrace"));
  EXPECT_EQ(event["tags"], (Json{{"task", "image.resize"},
                                 {"cause", "threw"},
                                 {"ErrType", "Exception"},
                                 {"settled", "retried"},
                                 {"broker", "urgent"},
                                 {"host", "node7"}}));
  EXPECT_EQ(event["extra"]["parameters"], (Json{{"width", 320}}));
  EXPECT_EQ(event["extra"]["response"], "half way");
  EXPECT_EQ(event["extra"]["stderr"], "oh\n");
  EXPECT_EQ(event["extra"]["attempt"], 2);
  EXPECT_EQ(event["extra"]["suppressed"], 3);
}

TEST(SentryEvent, OfACrashIsFatalAndHasTheStack) {
  const auto event = sentryEvent(crash(), {}, kId, kNow);
  EXPECT_EQ(event["level"], "fatal");
  const auto& exception = event["exception"]["values"][0];
  EXPECT_EQ(exception["type"], "Crash");
  EXPECT_EQ(exception["value"], "killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(exception["mechanism"]["handled"], false);
  const auto& frames = exception["stacktrace"]["frames"];
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1]["function"], "app::resize(app::Image&)") << "the innermost frame is the last";
  EXPECT_EQ(event["timestamp"], 1'700'000'000.0) << "without an end of the run: now";
}

TEST(SentryEvent, OfAWarningHasItsLevel) {
  auto error = thrownError();
  error.data["status"] = "warning";
  EXPECT_EQ(sentryEvent(error, {}, kId, kNow)["level"], "warning");
}

TEST(SentryEvent, IsGroupedByTaskCauseTypeAndPlaceWhateverNumbersTheMessageHas) {
  EXPECT_EQ(sentryEvent(crash(), {}, kId, kNow)["fingerprint"],
            (Json{"image.resize", "crashed", "Crash", "app::resize(app::Image&)"}));
  EXPECT_EQ(sentryEvent(thrownError(), {}, kId, kNow)["fingerprint"],
            (Json{"image.resize", "threw", "app::NoSpace", "disk # of # is full"}));
}

TEST(SentryEvent, SaysHowManyReportsWereLostBeforeIt) {
  auto error = thrownError();
  error.lostBefore = 12;
  const auto event = sentryEvent(error, {}, kId, kNow);
  EXPECT_EQ(event["exception"]["values"][0]["value"],
            "disk 7 of 12 is full [12 reports before this one could not be sent]");
  EXPECT_EQ(event["extra"]["lost_before"], 12);
}

TEST(SentryEvent, HasTheNamesOfTheConfiguration) {
  const auto event = sentryEvent(thrownError(), {"staging", "app@1.2", "web-1"}, kId, kNow);
  EXPECT_EQ(event["environment"], "staging");
  EXPECT_EQ(event["release"], "app@1.2");
  EXPECT_EQ(event["server_name"], "web-1");
}

TEST(SentryEvent, StaysBelowAMegabyteWhateverTheTaskSaid) {
  auto error = crash();
  const std::string longest(16 << 10, '\x01');  // six bytes each in JSON; longer texts of a report are cut
  for (const auto* key : {"response", "stderr", "name", "host", "broker"}) error.data[key] = longest;
  error.data["parameters"] = {{"all", longest}};
  error.data["stack"] = std::vector<std::string>(128, std::string(1024, 'f') + " at " + std::string(1024, 'g') + ":1");
  error.message = longest;
  const auto event = sentryEvent(error, {}, kId, kNow);
  EXPECT_LT(writeJson(event).size(), std::size_t{1'000'000});
}

TEST(SentryEvent, IsMadeOfAnyData) {
  for (const auto& data : {Json::object(), Json{{"name", 7}, {"stack", "x"}, {"ended", "y"}, {"parameters", nullptr}},
                           Json{{"stack", {1, nullptr, "f at x:1"}}, {"exception", 5}}}) {
    ReportedError error;
    error.data = data;
    error.message = "\xff bytes that are not UTF-8";
    const auto event = sentryEvent(error, {}, kId, kNow);
    EXPECT_EQ(event["exception"]["values"][0]["type"], "Error");
    EXPECT_TRUE(parseJson(writeJson(event)));
  }
}

TEST(SentryEnvelope, HasAHeaderAnItemHeaderWithTheLengthAndTheEvent) {
  const auto event = sentryEvent(thrownError(), {}, kId, kNow);
  std::istringstream lines(sentryEnvelope(event, kId, kNow));
  std::string envelope, item, payload, rest;
  std::getline(lines, envelope), std::getline(lines, item), std::getline(lines, payload);
  EXPECT_EQ(parseJson(envelope).value(), (Json{{"event_id", kId}, {"sent_at", "2023-11-14T22:13:20Z"}}));
  EXPECT_EQ(parseJson(item).value(),
            (Json{{"type", "event"}, {"content_type", "application/json"}, {"length", payload.size()}}));
  EXPECT_EQ(parseJson(payload).value(), event);
  EXPECT_FALSE(std::getline(lines, rest));
}

}  // namespace
}  // namespace leptir::reporters
