#include "metrics/text.h"

#include <vector>

#include "metrics/text_writer.h"

namespace leptir::metrics {
namespace {

// Ends and causes that are written also while they are zero, since alerts look for them: rate() and increase() overlook
// the first increment of a series that appears with it.
bool isWrittenAtZero(TaskEnd end) {
  return end <= TaskEnd::Buried || end == TaskEnd::Lost;
}

bool isWrittenAtZero(FailureCause cause, bool isOfOtherNames) {
  if (cause == FailureCause::UnknownName || cause == FailureCause::Malformed) return isOfOtherNames;
  return cause <= FailureCause::OutOfMemory;
}

std::uint64_t zeroOrOne(bool value) {
  return value ? 1 : 0;
}

void writeUpMetric(bool isUp, TextWriter& text) {
  text.gauge("leptir_up", "1: the instance runs. 0: it does not.");
  text.sample("", zeroOrOne(isUp));
}

void writeInstance(const Snapshot& snapshot, TextWriter& text) {
  writeUpMetric(true, text);
  text.info("leptir_build", "The version of leptir.", labelText({{"version", snapshot.version}}));
  text.gauge("leptir_instance_state", "1 for the state that the instance is in, 0 for the others.");
  for (const auto* state : {"starting", "running", "waiting", "stopping"})
    text.sample(labelText({{"state", state}}), zeroOrOne(snapshot.state == state));
  text.gauge("leptir_instance_start_time_seconds", "When the instance was started, in Unix seconds.");
  text.sample("", snapshot.startedAt);
  text.gauge("leptir_workers", "Worker slots of the instance.");
  text.sample("", snapshot.workers);
  text.gauge("leptir_workers_busy", "Workers that run a task now.");
  text.sample("", snapshot.busy);
  text.counter("leptir_log_lines_dropped", "Log lines lost because their sink was too slow or failed.");
  text.sample("", snapshot.logLinesDropped);
}

void writeTasks(const Snapshot& snapshot, TextWriter& text) {
  text.counter("leptir_tasks", "Tasks that were settled, by what became of them.");
  for (const auto& task : snapshot.tasks) {
    for (std::size_t i = 0; i < kTaskEnds; ++i) {
      const auto end = static_cast<TaskEnd>(i);
      if (task.ends[i] == 0 && !isWrittenAtZero(end)) continue;
      text.sample(labelText({{"broker", task.broker}, {"name", task.name}, {"outcome", nameOf(end)}}), task.ends[i]);
    }
  }
  text.counter("leptir_task_failures", "Attempts that did not succeed, by cause.");
  for (const auto& name : snapshot.names) {
    for (std::size_t i = 0; i < kFailureCauses; ++i) {
      const auto cause = static_cast<FailureCause>(i);
      if (name.failures[i] == 0 && !isWrittenAtZero(cause, name.name == kOtherNamesLabel)) continue;
      text.sample(labelText({{"name", name.name}, {"cause", nameOf(cause)}}), name.failures[i]);
    }
  }
}

void writeTaskDurations(const Snapshot& snapshot, TextWriter& text) {
  text.histogram("leptir_task_run_duration_seconds", "How long attempts ran.");
  const auto each = [&](auto&& times) {
    for (const auto& name : snapshot.names) {
      const bool isUnusedOther = name.name == kOtherNamesLabel && times(name).count() == 0;
      if (!isUnusedOther) text.sample(labelText({{"name", name.name}}), times(name));
    }
  };
  each([](const NameMetrics& name) -> const TimeHistogram& { return name.runTime; });
  text.histogram("leptir_task_queue_duration_seconds",
                 "How long tasks waited: from their due time, or from their push if that was later, until their first "
                 "attempt began.");
  each([](const NameMetrics& name) -> const TimeHistogram& { return name.queueTime; });
}

void writeQueues(const Snapshot& snapshot, TextWriter& text) {
  text.gauge("leptir_queue_tasks", "Tasks in the queue of the broker, by state, as counted last.");
  for (const auto& broker : snapshot.brokers) {
    if (!broker.queue) continue;
    const auto write = [&](std::string_view state, std::uint64_t tasks) {
      text.sample(labelText({{"broker", broker.name}, {"state", state}}), tasks);
    };
    write("due", broker.queue->due);
    write("scheduled", broker.queue->scheduled);
    write("leased", broker.queue->leased);
    write("buried", broker.queue->buried);
  }
  text.gauge("leptir_queue_counted_timestamp_seconds", "When the tasks in the queue were counted, in Unix seconds.");
  for (const auto& broker : snapshot.brokers) {
    if (broker.queue) text.sample(labelText({{"broker", broker.name}}), broker.queue->countedAt);
  }
  text.gauge("leptir_queue_oldest_due_timestamp_seconds",
             "Since when the oldest due task in the queue has been due, in Unix seconds. None: no task is due.");
  for (const auto& broker : snapshot.brokers) {
    if (broker.queue && broker.queue->oldestDue)
      text.sample(labelText({{"broker", broker.name}}), *broker.queue->oldestDue);
  }
}

void writeBrokers(const Snapshot& snapshot, TextWriter& text) {
  const auto each = [&](auto&& value) {
    for (const auto& broker : snapshot.brokers) text.sample(labelText({{"broker", broker.name}}), value(broker));
  };
  text.gauge("leptir_tasks_in_flight", "Tasks that this instance holds: waiting here, running or being settled.");
  each([](const BrokerMetrics& broker) { return broker.inFlight; });
  text.gauge("leptir_tasks_of_unknown_names",
             "Tasks that come again and again, since neither this instance nor another one knows their names.");
  each([](const BrokerMetrics& broker) { return broker.unknownNameTasks; });
  text.gauge("leptir_session_open", "1: the instance has a session at the broker.");
  each([](const BrokerMetrics& broker) { return zeroOrOne(broker.hasSession); });
  text.gauge("leptir_session_renewed_timestamp_seconds", "When the session was last renewed, in Unix seconds.");
  for (const auto& broker : snapshot.brokers) {
    if (broker.renewedAt > 0) text.sample(labelText({{"broker", broker.name}}), broker.renewedAt);
  }
  text.counter("leptir_sessions_lost", "Sessions that were lost with all their leases.");
  each([](const BrokerMetrics& broker) { return broker.sessionsLost; });
  text.histogram("leptir_lease_batch_tasks", "Tasks that one call leased; calls that leased no task are not counted.");
  each([](const BrokerMetrics& broker) -> const BatchSizeHistogram& { return broker.leased; });
  text.histogram("leptir_settle_batch_tasks", "Tasks that were settled in one batch.");
  each([](const BrokerMetrics& broker) -> const BatchSizeHistogram& { return broker.settled; });
}

void writeStores(const Snapshot& snapshot, TextWriter& text) {
  const auto each = [&](auto&& write) {
    for (const auto& store : snapshot.stores) {
      for (const auto& operation : store.operations)
        write(labelText(
                  {{"kind", nameOf(store.kind)}, {"store", store.name}, {"operation", nameOf(operation.operation)}}),
              operation);
    }
  };
  text.counter("leptir_store_operations", "Calls to the store, each of one round trip or a few.");
  each([&](const auto& labels, const OperationMetrics& operation) { text.sample(labels, operation.calls); });
  text.counter("leptir_store_errors", "Calls to the store that failed.");
  each([&](const auto& labels, const OperationMetrics& operation) { text.sample(labels, operation.errors); });
  text.histogram("leptir_store_operation_duration_seconds",
                 "How long calls to the store took; calls that may wait for tasks are not counted.");
  each([&](const auto& labels, const OperationMetrics& operation) {
    if (operation.time.count() > 0) text.sample(labels, operation.time);
  });
}

void writeProcessCounts(const Snapshot& snapshot, TextWriter& text) {
  const auto each = [&](auto&& value) {
    for (std::size_t kind = 0; kind < kProcessKinds; ++kind) {
      if (static_cast<ProcessKind>(kind) == ProcessKind::Master) continue;  // nothing counts its starts
      text.sample(labelText({{"process", nameOf(static_cast<ProcessKind>(kind))}}),
                  value(snapshot.processCounts[kind]));
    }
  };
  text.counter("leptir_process_starts", "Processes that the master started.");
  each([](const ProcessCounts& counts) { return counts.starts; });
  text.counter("leptir_process_crashes", "Processes that died by a signal or ended with an error by themselves.");
  each([](const ProcessCounts& counts) { return counts.crashes; });
  text.counter("leptir_process_kills", "Processes that the master killed.");
  each([](const ProcessCounts& counts) { return counts.kills; });
}

void writeProcesses(const Snapshot& snapshot, TextWriter& text) {
  std::vector<std::string> labels;
  for (const auto& process : snapshot.processes)
    labels.push_back(labelText({{"process", nameOf(process.kind)},
                                {"slot", process.slot < 0 ? std::string() : std::to_string(process.slot)}}));
  const auto each = [&](auto&& write) {
    for (std::size_t i = 0; i < labels.size(); ++i) write(labels[i], snapshot.processes[i].usage);
  };
  text.counter("leptir_process_cpu_seconds", "CPU time of a living process, user and system.");
  each([&](const auto& label, const auto& usage) { text.sample(label, usage.cpuSeconds); });
  text.gauge("leptir_process_resident_memory_bytes", "Resident memory of a living process.");
  each([&](const auto& label, const auto& usage) { text.sample(label, usage.residentBytes); });
  text.gauge("leptir_process_open_fds", "Open descriptors of a living process.");
  each([&](const auto& label, const auto& usage) {
    if (usage.openDescriptors) text.sample(label, *usage.openDescriptors);
  });
  text.gauge("leptir_process_start_time_seconds", "When a living process was started, in Unix seconds.");
  each([&](const auto& label, const auto& usage) { text.sample(label, usage.startedAt); });
}

void writeReports(const ReportMetrics& reports, TextWriter& text) {
  text.counter("leptir_error_reports", "Error reports, by what became of them.");
  text.sample(labelText({{"outcome", "sent"}}), reports.sent);
  text.sample(labelText({{"outcome", "failed"}}), reports.failed);
  text.sample(labelText({{"outcome", "dropped"}}), reports.dropped);
  text.sample(labelText({{"outcome", "repeated"}}), reports.repeated);
  text.gauge("leptir_error_reports_waiting", "Error reports that wait, or are at their reporter.");
  text.sample("", reports.waiting);
}

void writeSpans(const SpanMetrics& spans, TextWriter& text) {
  text.counter("leptir_spans", "Spans of tasks, by what became of them.");
  text.sample(labelText({{"outcome", "sent"}}), spans.sent);
  text.sample(labelText({{"outcome", "dropped"}}), spans.dropped);
  text.gauge("leptir_spans_waiting", "Spans of tasks that wait to be sent.");
  text.sample("", spans.waiting);
}

void writeRequests(const RequestMetrics& requests, TextWriter& text) {
  text.counter("leptir_paid_requests", "Requests to stores that charge for each request.");
  text.sample("", requests.sent);
  text.counter("leptir_paid_requests_repeated", "Paid requests that were sent again after an error.");
  text.sample("", requests.repeated);
  text.counter("leptir_paid_requests_throttled", "Paid requests that the store refused since there were too many.");
  text.sample("", requests.throttled);
}

}  // namespace

std::string textOf(const Snapshot& snapshot, TextFormat format) {
  TextWriter text(format);
  writeInstance(snapshot, text);
  writeTasks(snapshot, text);
  writeTaskDurations(snapshot, text);
  writeQueues(snapshot, text);
  writeBrokers(snapshot, text);
  writeStores(snapshot, text);
  writeProcessCounts(snapshot, text);
  writeProcesses(snapshot, text);
  if (snapshot.errorReports) writeReports(*snapshot.errorReports, text);
  if (snapshot.spans) writeSpans(*snapshot.spans, text);
  if (snapshot.storeRequests) writeRequests(*snapshot.storeRequests, text);
  return text.finish();
}

std::string textOfNoInstance(TextFormat format) {
  TextWriter text(format);
  writeUpMetric(false, text);
  return text.finish();
}

std::string_view contentTypeOf(TextFormat format) {
  return format == TextFormat::OpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                           : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace leptir::metrics
