#include "metrics/text.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>

namespace leptir::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// One of everything.
Snapshot full() {
  Snapshot snapshot;
  snapshot.version = "1.2.3";
  snapshot.state = "running";
  snapshot.startedAt = 1000.5;
  snapshot.workers = 4;
  snapshot.busy = 1;
  snapshot.tasks.push_back({.broker = "main", .name = "mail", .ends = {3, 1}});
  NameMetrics mail{.name = "mail", .failures = {1}, .runTime = {}, .queueTime = {}};
  mail.runTime.buckets[1] = 3;
  mail.runTime.buckets.back() = 1;
  mail.runTime.sum = 7'200'000'300;
  snapshot.names.push_back(mail);
  BrokerMetrics broker;
  broker.name = "main";
  broker.hasSession = true;
  broker.renewedAt = 1001;
  broker.queue = {.due = 5, .scheduled = 6, .leased = 7, .buried = 8, .countedAt = 1002, .oldestDue = 990};
  broker.unknownNameTasks = 2;
  broker.settled.buckets[2] = 2;
  broker.settled.sum = 7;
  snapshot.brokers.push_back(broker);
  OperationMetrics renew{.operation = StoreOperation::Renew, .calls = 2, .errors = 1, .time = {}};
  renew.time.buckets[0] = 2;
  snapshot.stores.push_back({.kind = StoreKind::Broker, .name = "main", .operations = {renew}});
  snapshot.processCounts[static_cast<std::size_t>(ProcessKind::Worker)] = {5, 1, 2};
  snapshot.processes.push_back({ProcessKind::Worker, 3, {1.25, 4096, 1003, 17}});
  snapshot.processes.push_back({ProcessKind::Master, -1, {0.5, 8192, 1000, {}}});
  snapshot.errorReports = {1, 2, 3, 4, 5};
  snapshot.spans = {6, 7, 8};
  snapshot.storeRequests = {10, 2, 1};
  return snapshot;
}

std::string prometheus(const Snapshot& snapshot) {
  return textOf(snapshot, TextFormat::Prometheus);
}

TEST(MetricsText, HasEachFamilyOnceWithHelpAndType) {
  for (const auto format : {TextFormat::Prometheus, TextFormat::OpenMetrics}) {
    const auto text = textOf(full(), format);
    std::set<std::string> helped, typed;
    const std::regex line("# (HELP|TYPE) ([a-z_]+) .+\n");
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at)
      EXPECT_TRUE(((*at)[1] == "HELP" ? helped : typed).insert((*at)[2]).second) << (*at)[2] << " stands twice";
    EXPECT_EQ(helped, typed);
    EXPECT_GT(helped.size(), 25u);
  }
}

TEST(MetricsText, CountsTasksByBrokerNameAndOutcome) {
  const auto text = prometheus(full());
  EXPECT_THAT(text, HasSubstr("# TYPE leptir_tasks_total counter\n"));
  EXPECT_THAT(text, HasSubstr("\nleptir_tasks_total{broker=\"main\",name=\"mail\",outcome=\"succeeded\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nleptir_tasks_total{broker=\"main\",name=\"mail\",outcome=\"buried\"} 0\n"))
      << "its first increase would be overlooked";
  EXPECT_THAT(text, Not(HasSubstr("outcome=\"expired\"")));
  EXPECT_THAT(text, HasSubstr("\nleptir_tasks_total{broker=\"main\",name=\"mail\",outcome=\"lost\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nleptir_task_failures_total{name=\"mail\",cause=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nleptir_task_failures_total{name=\"mail\",cause=\"out_of_memory\"} 0\n"));
}

TEST(MetricsText, OtherNamesHaveTheCausesOfTasksThatCannotRunFromTheStart) {
  auto snapshot = full();
  snapshot.names.push_back({.name = kOtherNamesLabel, .failures = {}, .runTime = {}, .queueTime = {}});
  const auto text = prometheus(snapshot);
  EXPECT_THAT(text, HasSubstr("\nleptir_task_failures_total{name=\"other\",cause=\"unknown_name\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nleptir_task_failures_total{name=\"other\",cause=\"malformed\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("name=\"mail\",cause=\"malformed\"")));
  EXPECT_THAT(text, Not(HasSubstr("leptir_task_run_duration_seconds_count{name=\"other\"}"))) << "no such task ran";
}

TEST(MetricsText, ShowsTheOldestDueTaskAndTasksOfUnknownNames) {
  auto snapshot = full();
  EXPECT_THAT(prometheus(snapshot), HasSubstr("\nleptir_queue_oldest_due_timestamp_seconds{broker=\"main\"} 990"));
  EXPECT_THAT(prometheus(snapshot), HasSubstr("\nleptir_tasks_of_unknown_names{broker=\"main\"} 2\n"));
  snapshot.brokers[0].queue->oldestDue.reset();
  EXPECT_THAT(prometheus(snapshot), Not(HasSubstr("\nleptir_queue_oldest_due_timestamp_seconds{")));
}

TEST(MetricsText, CountsSpansByOutcome) {
  const auto text = prometheus(full());
  EXPECT_THAT(text, HasSubstr("# TYPE leptir_spans_total counter\n"
                              "leptir_spans_total{outcome=\"sent\"} 6\n"
                              "leptir_spans_total{outcome=\"dropped\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE leptir_spans_waiting gauge\nleptir_spans_waiting 8\n"));
}

TEST(MetricsText, BucketsAreCumulativeInSeconds) {
  const auto text = prometheus(full());
  EXPECT_THAT(text, HasSubstr("leptir_task_run_duration_seconds_bucket{name=\"mail\",le=\"0.00001\"} 0\n"
                              "leptir_task_run_duration_seconds_bucket{name=\"mail\",le=\"0.0001\"} 3\n"
                              "leptir_task_run_duration_seconds_bucket{name=\"mail\",le=\"0.001\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("leptir_task_run_duration_seconds_bucket{name=\"mail\",le=\"3600\"} 3\n"
                              "leptir_task_run_duration_seconds_bucket{name=\"mail\",le=\"+Inf\"} 4\n"
                              "leptir_task_run_duration_seconds_sum{name=\"mail\"} 7200.000300\n"
                              "leptir_task_run_duration_seconds_count{name=\"mail\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("leptir_settle_batch_tasks_bucket{broker=\"main\",le=\"4\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("leptir_settle_batch_tasks_sum{broker=\"main\"} 7\n"));
}

TEST(MetricsText, LabelsAreEscaped) {
  auto snapshot = full();
  snapshot.tasks[0].name = "a\\b\"c\nd ü";
  EXPECT_THAT(prometheus(snapshot), HasSubstr("name=\"a\\\\b\\\"c\\nd ü\""));
}

TEST(MetricsText, ALabelWithoutAValueIsLeftOut) {
  const auto text = prometheus(full());
  EXPECT_THAT(text, HasSubstr("leptir_process_cpu_seconds_total{process=\"worker\",slot=\"3\"} 1.250000\n"));
  EXPECT_THAT(text, HasSubstr("leptir_process_cpu_seconds_total{process=\"master\"} 0.500000\n"));
}

TEST(MetricsText, WhatIsNotKnownIsLeftOut) {
  auto snapshot = full();
  snapshot.brokers[0].queue.reset();
  snapshot.errorReports.reset();
  snapshot.spans.reset();
  snapshot.storeRequests.reset();
  const auto text = prometheus(snapshot);
  EXPECT_THAT(text, Not(HasSubstr("\nleptir_queue_tasks{")));
  EXPECT_THAT(text, Not(HasSubstr("leptir_error_reports")));
  EXPECT_THAT(text, Not(HasSubstr("leptir_spans")));
  EXPECT_THAT(text, Not(HasSubstr("leptir_paid_requests")));
  EXPECT_THAT(text, Not(HasSubstr("leptir_process_open_fds{process=\"master\"}")));
}

TEST(MetricsText, OpenMetricsNamesFamiliesWithoutTotalAndEndsWithEof) {
  const auto text = textOf(full(), TextFormat::OpenMetrics);
  EXPECT_THAT(text, HasSubstr("# TYPE leptir_tasks counter\nleptir_tasks_total{"));
  EXPECT_THAT(text, HasSubstr("# TYPE leptir_build info\nleptir_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"1.0\""));
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
  EXPECT_THAT(prometheus(full()),
              HasSubstr("# TYPE leptir_build_info gauge\nleptir_build_info{version=\"1.2.3\"} 1\n"));
}

TEST(MetricsText, OfNoInstanceSaysThatItIsDown) {
  EXPECT_THAT(textOfNoInstance(TextFormat::Prometheus), EndsWith("\nleptir_up 0\n"));
  EXPECT_THAT(textOfNoInstance(TextFormat::OpenMetrics), EndsWith("\nleptir_up 0\n# EOF\n"));
}

TEST(MetricsText, HasTheContentTypeOfItsFormat) {
  EXPECT_THAT(contentTypeOf(TextFormat::Prometheus), HasSubstr("version=0.0.4"));
  EXPECT_THAT(contentTypeOf(TextFormat::OpenMetrics), HasSubstr("application/openmetrics-text"));
}

TEST(CountedWords, OfARecordsCauseNameTheFailure) {
  EXPECT_EQ(failureCauseOf("finished"), FailureCause::Error);
  EXPECT_EQ(failureCauseOf("timed_out"), FailureCause::TimedOut);
  EXPECT_EQ(failureCauseOf("retry_later"), FailureCause::None);
  EXPECT_EQ(nameOf(TaskEnd::Lost), "lost");
  EXPECT_EQ(nameOf(StoreOperation::Expire), "expire");
}

}  // namespace
}  // namespace leptir::metrics
