// Spans of tasks, as a collector gets them, and what becomes of the instance when the collector does not work.
#include "tests/e2e/tracing.h"

#include <csignal>

#include "tests/e2e/metrics_server.h"
#include "tests/support/folders.h"
#include "tests/support/local_port.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A program that says which span it was given.
constexpr auto* kTasks =
    "  tasks:\n"
    "    span: { command: [/bin/sh, -c, 'printenv TRACEPARENT || echo none'] }\n"
    "    fail: { retry_delay: 0.05 }\n";

class TracingTest : public Installation {
 protected:
  TracingTest() { configure(); }
  void configure(const std::string& more = "") { configureTo(collector.server.origin(), more); }
  void configureTo(const std::string& endpoint, const std::string& more = "") {
    config = writeConfig(defaultYaml(tracingTo(endpoint, more) + kTasks));
  }
  std::string pushTraced(std::vector<std::string> arguments, const std::string& traceparent = kSampled) {
    arguments.push_back("--traceparent=" + traceparent);
    return push(std::move(arguments));
  }
  // The record's response.
  std::string responseOf(const std::string& id) { return info(id).value("respM", ""); }
  Json spanCounts() { return status().at("spans"); }

  SpanCollector collector;
};

TEST_F(TracingTest, ATaskWithASampledTraceparentHasASpanOfItsWaitAndOneOfItsRun) {
  const auto id = pushTraced({"span"});
  ASSERT_EQ(drain(), 0);
  const auto spans = collector.spansOf(id);
  ASSERT_EQ(spans.size(), 2u);
  const auto &queue = spans[0], &run = spans[1];
  EXPECT_EQ(queue["name"], "queue span");
  EXPECT_EQ(run["name"], "run span");
  EXPECT_EQ(queue["endTimeUnixNano"], run["startTimeUnixNano"]);
  for (const auto& span : spans) {
    EXPECT_EQ(span["traceId"], kTrace);
    EXPECT_EQ(span["parentSpanId"], kPusher);
    EXPECT_EQ(SpanCollector::attribute(span, "messaging.system"), "leptir");
    EXPECT_EQ(SpanCollector::attribute(span, "messaging.destination.name"), "local");
    EXPECT_EQ(SpanCollector::attribute(span, "leptir.task.attempt"), "1");
  }
  EXPECT_EQ(SpanCollector::attribute(run, "leptir.task.status"), "success");
  EXPECT_EQ(responseOf(id), "00-" + kTrace + "-" + run["spanId"].get<std::string>() + "-01")
      << "the program hands the span of its run on";
}

TEST_F(TracingTest, ATaskInCppHandsTheSpanOfItsRunOn) {
  program = buildFolder() / "reporting_program";
  const auto id = pushTraced({"traceparent"});
  ASSERT_EQ(drain(), 0);
  const auto spans = collector.spansOf(id);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(responseOf(id), "00-" + kTrace + "-" + spans[1]["spanId"].get<std::string>() + "-01");
}

TEST_F(TracingTest, ARetryHasASpanInTheSameTraceAndAFailureSaysWhatWentWrong) {
  const auto id = pushTraced({"fail", "--maxAttempts=2"});
  ASSERT_EQ(drain(), 0);
  const auto spans = collector.spansOf(id);
  ASSERT_EQ(spans.size(), 3u) << "the wait of a retry has no span";
  EXPECT_EQ(spans[0]["name"], "queue fail");
  for (const int attempt : {1, 2}) {
    const auto& run = spans[static_cast<std::size_t>(attempt)];
    EXPECT_EQ(run["name"], "run fail");
    EXPECT_EQ(run["traceId"], kTrace);
    EXPECT_EQ(SpanCollector::attribute(run, "leptir.task.attempt"), std::to_string(attempt));
    EXPECT_EQ(run["status"]["code"], 2);
    EXPECT_TRUE(run["status"]["message"].is_string());
  }
  EXPECT_NE(spans[1]["spanId"], spans[2]["spanId"]);
}

TEST_F(TracingTest, ARunWhoseWorkerDiedHasASpanToo) {
  const auto id = pushTraced({"crash"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return !collector.spansOf(id).empty(); })) << instance->output();
  const auto run = collector.spansOf(id).back();
  EXPECT_EQ(run["name"], "run crash");
  EXPECT_EQ(run["status"]["code"], 2);
  EXPECT_EQ(SpanCollector::attribute(run, "leptir.task.cause"), "crashed");
  EXPECT_EQ(SpanCollector::attribute(run, "error.type"), "crashed");
}

TEST_F(TracingTest, OnlySampledTracesHaveSpansAndTheOthersAreHandedOnAsTheyCame) {
  const auto unsampled = "00-" + kTrace + "-" + kPusher + "-00";
  const auto id = pushTraced({"span"}, unsampled), without = push({"span"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(responseOf(id), unsampled);
  EXPECT_EQ(responseOf(without), "none");
  EXPECT_TRUE(collector.spans().empty());
}

TEST_F(TracingTest, WithoutTracingTheTraceparentOfThePushReachesTheTask) {
  config = writeConfig(defaultYaml(kTasks));
  const auto id = pushTraced({"span"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(responseOf(id), kSampled);
}

TEST_F(TracingTest, ASampleOfTheTasksWithoutATraceparentHasTracesOfItsOwn) {
  configure(", sample: 1, service_name: mail");
  const auto id = push({"span"}), other = push({"span"});
  ASSERT_EQ(drain(), 0);
  const auto spans = collector.spansOf(id);
  ASSERT_EQ(spans.size(), 2u);
  const auto& queue = spans[0]["name"] == "queue span" ? spans[0] : spans[1];
  const auto& run = spans[0]["name"] == "queue span" ? spans[1] : spans[0];
  EXPECT_FALSE(queue.contains("parentSpanId"));
  EXPECT_EQ(run["parentSpanId"], queue["spanId"]);
  EXPECT_EQ(run["traceId"], queue["traceId"]);
  EXPECT_NE(run["traceId"], collector.spansOf(other).at(0)["traceId"]);
  EXPECT_EQ(responseOf(id), "00-" + run["traceId"].get<std::string>() + "-" + run["spanId"].get<std::string>() + "-01");
  EXPECT_THAT(collector.server.requests()[0].body,
              HasSubstr(R"({"key":"service.name","value":{"stringValue":"mail"}})"));
}

TEST_F(TracingTest, ACollectorThatIsDownCostsSpansAndNothingElse) {
  configureTo("http://127.0.0.1:1");
  const auto instance = start();
  waitUntilRunning();
  const auto id = pushTraced({"span"});
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  ASSERT_TRUE(eventually([&] { return spanCounts()["dropped"] == 2; })) << status();
  EXPECT_EQ(spanCounts()["sent"], 0);
  EXPECT_EQ(spanCounts()["failing"], true);
  EXPECT_THAT(leptir({"status"}).out, HasSubstr("spans: 0 sent, 0 waiting, 2 dropped (failing now)"));
  EXPECT_TRUE(eventually([&] {
    return instance->output().find("Tracing: 2 spans are dropped: http://127.0.0.1:1: ") != std::string::npos;
  })) << instance->output();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(TracingTest, ACollectorThatNeverAnswersHoldsUpNeitherTasksNorTheEnd) {
  collector.server.willReact(std::deque<HttpReaction>(50, {.how = HttpReaction::How::Silence}));
  const auto instance = start();
  waitUntilRunning();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(pushTraced({"span"}));
  for (const auto& id : ids) ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  ASSERT_TRUE(eventually([&] { return spanCounts()["waiting"] > 0; }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("dropped: they were not sent before the end of the instance"));
}

TEST_F(TracingTest, ACollectorThatIsBusyOrFailsIsAskedAgain) {
  collector.server.willReact({{.status = 429, .headers = {"Retry-After: 1"}}, {.status = 500}, {.status = 503}});
  const auto instance = start();
  waitUntilRunning();
  pushTraced({"span"});
  ASSERT_TRUE(eventually([&] { return spanCounts()["sent"] == 2; })) << instance->output();
  EXPECT_EQ(spanCounts()["dropped"], 0);
  EXPECT_EQ(collector.server.requests().size(), 4u);
}

TEST_F(TracingTest, ACollectorThatRefusesOrTalksNonsenseCostsThatBatch) {
  collector.server.willReact({{.status = 400, .body = "\x01\xff what?"}});
  const auto instance = start();
  waitUntilRunning();
  pushTraced({"span"});
  ASSERT_TRUE(eventually([&] { return spanCounts()["dropped"] == 2; })) << instance->output();
  collector.server.willReact({{.body = "\x01\xff no JSON", .how = HttpReaction::How::NotHttp},
                              {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"1"}})"}});
  pushTraced({"span"});
  ASSERT_TRUE(eventually([&] { return spanCounts()["dropped"] > 2; })) << instance->output();
  pushTraced({"span"});
  EXPECT_TRUE(eventually([&] { return spanCounts()["sent"] > 0; })) << status();
}

TEST_F(TracingTest, AReloadTurnsSpansOffAndOn) {
  const auto instance = start();
  waitUntilRunning();
  const auto reload = [&](const std::string& yaml) {
    config = writeConfig(yaml);
    EXPECT_EQ(leptir({"reload"}).exit, 0);
  };
  const auto runTraced = [&] {
    const auto id = pushTraced({"span"});
    EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
    return id;
  };
  auto id = runTraced();
  ASSERT_TRUE(eventually([&] { return collector.spansOf(id).size() == 2; }));
  reload(defaultYaml(kTasks));
  EXPECT_TRUE(spanCounts().is_null());
  runTraced();
  reload(defaultYaml(tracingTo(collector.server.origin()) + kTasks));
  id = runTraced();
  EXPECT_TRUE(eventually([&] { return collector.spansOf(id).size() == 2; }));
  EXPECT_EQ(collector.spans().size(), 4u) << "the task in between has none";
}

TEST_F(TracingTest, AReloadChangesTracingAndTheMetricsServerTogether) {
  const int port = freePort();
  const auto metrics = "  metrics: { listen: '127.0.0.1:" + std::to_string(port) + "' }\n";
  config = writeConfig(defaultYaml(kTasks));
  const auto instance = start();
  waitUntilRunning();
  const auto reload = [&](const std::string& yaml) {
    config = writeConfig(yaml);
    EXPECT_EQ(leptir({"reload"}).exit, 0);
  };
  const auto servedSpans = [&]() -> std::string {
    const auto page = get(port, "/metrics");
    return page ? page->body : "";
  };
  reload(defaultYaml(tracingTo(collector.server.origin()) + kTasks + metrics));
  const auto id = pushTraced({"span"});
  EXPECT_TRUE(eventually([&] { return collector.spansOf(id).size() == 2; })) << instance->output();
  EXPECT_TRUE(eventually([&] {
    return servedSpans().find("\nleptir_spans_total{outcome=\"sent\"} 2\n") != std::string::npos;
  })) << servedSpans();
  reload(defaultYaml(kTasks + metrics));
  EXPECT_TRUE(eventually([&] {
    const auto page = servedSpans();
    return !page.empty() && page.find("leptir_spans") == std::string::npos;
  })) << servedSpans();
  reload(defaultYaml(tracingTo(collector.server.origin()) + kTasks));
  EXPECT_TRUE(eventually([&] { return status().at("metricsServer").is_null(); }));
  EXPECT_FALSE(spanCounts().is_null());
}

TEST_F(TracingTest, AnAddressThatCannotBeUsedIsRefusedByCheckAndStart) {
  configureTo("http://");
  for (const auto* command : {"check", "start"}) {
    const auto refused = leptir({command});
    EXPECT_NE(refused.exit, 0) << command;
    EXPECT_THAT(refused.out + refused.err, HasSubstr("'endpoint' of 'tracing': ")) << command;
  }
  configure(", sample: 0.25");
  EXPECT_THAT(leptir({"check"}).out, HasSubstr("tracing: spans of tasks with a sampled traceparent, and of 25 % of the "
                                               "others, go to " +
                                               collector.server.origin() + " as service leptir"));
}

TEST_F(TracingTest, TheHeadersOfTheConfigurationReachTheCollectorAndNoTask) {
  program = buildFolder() / "reporting_program";
  ::setenv("LEPTIR_TEST_KEY", "geheim-4711", 1);
  configure(", headers: { api-key: '${LEPTIR_TEST_KEY}' }");
  const auto id = pushTraced({"search_environment", "variable=LEPTIR_TEST_KEY"});
  const auto found = push({"search_memory", "first=geheim", "second=-4711"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(collector.server.requests().at(0).headers.at("api-key"), "geheim-4711");
  EXPECT_EQ(responseOf(id), "unset");
  EXPECT_EQ(responseOf(found), "1") << "the text that is searched for counts itself";
  ::unsetenv("LEPTIR_TEST_KEY");
}

// --- what a push does with a traceparent

TEST_F(TracingTest, APushTakesTheSpanOfItsEnvironmentUnlessTheOptionNamesOne) {
  ::setenv("TRACEPARENT", kSampled.c_str(), 1);
  const auto inherited = push({"span"});
  const auto own = pushTraced({"span"}, "00-11111111111111111111111111111111-2222222222222222-01");
  ::unsetenv("TRACEPARENT");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(collector.spansOf(inherited).at(0)["traceId"], kTrace);
  EXPECT_EQ(collector.spansOf(own).at(0)["traceId"], "11111111111111111111111111111111");
}

TEST_F(TracingTest, AWrongTraceparentOfTheEnvironmentIsIgnoredWithAWarningAndOneOfTheOptionIsAnError) {
  ::setenv("TRACEPARENT", "00-x", 1);
  const auto pushed = leptir({"push", "span"});
  ::unsetenv("TRACEPARENT");
  EXPECT_EQ(pushed.exit, 0);
  EXPECT_THAT(pushed.err, HasSubstr("the environment variable TRACEPARENT is ignored: '00-x' is no traceparent: "));
  const auto refused = leptir({"push", "span", "--traceparent=00-x"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, HasSubstr("--traceparent: '00-x' is no traceparent: "));
}

}  // namespace
}  // namespace leptir::e2e
