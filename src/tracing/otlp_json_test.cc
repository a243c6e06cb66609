#include "tracing/otlp_json.h"

#include <gtest/gtest.h>

#include "leptir/json.h"
#include "tracing/traced_run_fixture.h"

namespace leptir::tracing {
namespace {

Json spansOf(const std::vector<TracedRun>& runs) {
  const auto request = parseJson(otlpRequest({.instance = "i", .host = "h"}, runs));
  EXPECT_TRUE(request) << request.error().message();
  return request->at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
}

// The attributes as an object: numbers as OTLP writes them, as texts.
Json attributesOf(const Json& thing) {
  Json attributes = Json::object();
  for (const auto& each : thing.at("attributes")) {
    const auto& value = each.at("value");
    attributes[each.at("key").get<std::string>()] =
        value.contains("intValue") ? value["intValue"] : value["stringValue"];
  }
  return attributes;
}

TEST(OtlpJson, HasAResourceThatNamesTheServiceAndTheInstance) {
  const std::vector<TracedRun> runs{someRun()};
  const auto request = parseJson(otlpRequest({.service = "mail", .instance = "abc", .host = "box"}, runs)).value();
  EXPECT_EQ(attributesOf(request["resourceSpans"][0]["resource"]),
            (Json{{"service.name", "mail"}, {"service.instance.id", "abc"}, {"host.name", "box"}}));
  EXPECT_EQ(request["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"], "leptir");
}

TEST(OtlpJson, HasASpanForTheWaitAndOneForTheRun) {
  const auto run = someRun();
  const auto spans = spansOf({run});
  ASSERT_EQ(spans.size(), 2u);
  const auto &queue = spans[0], &ran = spans[1];
  EXPECT_EQ(queue["name"], "queue image.resize");
  EXPECT_EQ(queue["kind"], 1);
  EXPECT_EQ(queue["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(queue["endTimeUnixNano"], "1700000000250000000");
  EXPECT_EQ(ran["name"], "run image.resize");
  EXPECT_EQ(ran["kind"], 5);
  EXPECT_EQ(ran["startTimeUnixNano"], "1700000000250000000");
  EXPECT_EQ(ran["endTimeUnixNano"], "1700000001250000000");
  for (const auto& span : spans) {
    EXPECT_EQ(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(span["parentSpanId"], "b7ad6b7169203331");
  }
  EXPECT_EQ(ran["spanId"], run.trace.run.text().substr(36, 16));
  EXPECT_NE(ran["spanId"], queue["spanId"]);
  EXPECT_FALSE(ran.contains("status")) << "a success has the status that is not set";
}

TEST(OtlpJson, DescribesTheRunByTheAttributesOfMessaging) {
  EXPECT_EQ(attributesOf(spansOf({someRun()})[1]), (Json{{"messaging.system", "leptir"},
                                                         {"messaging.destination.name", "main"},
                                                         {"messaging.message.id", "id1"},
                                                         {"messaging.operation.name", "run"},
                                                         {"messaging.operation.type", "process"},
                                                         {"leptir.task.name", "image.resize"},
                                                         {"leptir.task.attempt", "1"},
                                                         {"leptir.task.cause", "finished"},
                                                         {"leptir.task.status", "success"},
                                                         {"process.pid", "4711"}}));
}

TEST(OtlpJson, OfAFailureHasTheStatusErrorAndItsMessage) {
  auto run = someRetry();
  run.failed = true;
  run.cause = "threw";
  run.error = "no \"paper\"\n\xff";
  const auto spans = spansOf({run});
  ASSERT_EQ(spans.size(), 1u) << "a retry has no span of its wait";
  EXPECT_EQ(spans[0]["status"]["code"], 2);
  EXPECT_EQ(spans[0]["status"]["message"], "no \"paper\"\n\xef\xbf\xbd");
  EXPECT_EQ(attributesOf(spans[0])["error.type"], "threw");
  EXPECT_EQ(attributesOf(spans[0])["leptir.task.attempt"], "2");
}

TEST(OtlpJson, OfATaskWithoutATraceparentBeginsTheTraceWithTheWait) {
  auto run = someRun();
  run.trace.pusher.reset();
  const auto spans = spansOf({run});
  EXPECT_FALSE(spans[0].contains("parentSpanId"));
  EXPECT_EQ(spans[1]["parentSpanId"], spans[0]["spanId"]);
}

TEST(OtlpJson, NeverHasASpanThatEndsBeforeItBegins) {
  auto run = someRun();
  run.due = run.started + std::chrono::seconds(5);
  run.ended = run.started - std::chrono::seconds(5);
  for (const auto& span : spansOf({run})) EXPECT_EQ(span["startTimeUnixNano"], span["endTimeUnixNano"]);
  run.started = Time(std::chrono::seconds(-5));
  EXPECT_EQ(spansOf({run})[1]["startTimeUnixNano"], "0");
}

}  // namespace
}  // namespace leptir::tracing
