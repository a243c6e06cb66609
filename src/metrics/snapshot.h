// The metrics of one instance at one moment, as plain values: what text.h prints. link::readMetrics() and
// link::metricsOf() (link/board_metrics.h) make one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/counted.h"

namespace leptir::metrics {

template <std::size_t kBounds>
struct Histogram {
  std::array<std::uint64_t, kBounds + 1> buckets{};  // each by itself; the last one is above all bounds
  std::uint64_t sum = 0;                             // microseconds, or tasks
  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const auto bucket : buckets) all += bucket;
    return all;
  }
};
using TimeHistogram = Histogram<kTimeBoundsInMicroseconds.size()>;
using BatchSizeHistogram = Histogram<kBatchSizeBounds.size()>;

// The task name under which all names are counted that have no row of their own.
inline constexpr const char* kOtherNamesLabel = "other";

// Tasks of one broker and one name that were settled.
struct TaskMetrics {
  std::string broker, name;
  std::array<std::uint64_t, kTaskEnds> ends{};  // by TaskEnd
};

struct NameMetrics {
  std::string name;
  std::array<std::uint64_t, kFailureCauses> failures{};  // by FailureCause
  TimeHistogram runTime, queueTime;
};

// What stands in the queue of a broker.
struct QueueCounts {
  std::uint64_t due = 0, scheduled = 0, leased = 0, buried = 0;
  double countedAt = 0;             // Unix seconds
  std::optional<double> oldestDue;  // Unix seconds; none: no task is due, or the store cannot tell
};

struct BrokerMetrics {
  std::string name;
  bool hasSession = false;
  std::uint64_t inFlight = 0;          // tasks that this instance holds
  std::uint64_t unknownNameTasks = 0;  // tasks that come again and again, since this program does not know their names
  std::uint64_t sessionsLost = 0;
  double renewedAt = 0;                // Unix seconds; 0: never
  std::optional<QueueCounts> queue;    // none: not counted yet, or its store does not answer
  BatchSizeHistogram leased, settled;  // tasks of one lease that returned any; tasks settled together
};

struct OperationMetrics {
  StoreOperation operation{};
  std::uint64_t calls = 0, errors = 0;
  TimeHistogram time;  // of the calls that do not wait for tasks
};

struct StoreMetrics {
  StoreKind kind{};
  std::string name;
  std::vector<OperationMetrics> operations;  // those that were called
};

// What the kernel says of one process.
struct ProcessUsage {
  double cpuSeconds = 0;
  std::uint64_t residentBytes = 0;
  double startedAt = 0;                          // Unix seconds
  std::optional<std::uint64_t> openDescriptors;  // none: may not be read
};

struct ProcessMetrics {
  ProcessKind kind{};
  int slot = -1;  // of a worker; -1: there is only one such process
  ProcessUsage usage;
};

// How often processes of one kind were started, died by themselves, and were killed by the master.
struct ProcessCounts {
  std::uint64_t starts = 0, crashes = 0, kills = 0;
};

struct ReportMetrics {
  std::uint64_t sent = 0, failed = 0, dropped = 0, repeated = 0, waiting = 0;
};

struct SpanMetrics {
  std::uint64_t sent = 0, dropped = 0, waiting = 0;
};

struct RequestMetrics {
  std::uint64_t sent = 0, repeated = 0, throttled = 0;
};

struct Snapshot {
  std::string version;        // of leptir
  std::string state;          // starting, running, waiting or stopping
  double startedAt = 0;       // Unix seconds
  std::uint64_t workers = 0;  // slots for tasks
  std::uint64_t busy = 0;     // workers that run a task
  std::uint64_t logLinesDropped = 0;
  std::vector<TaskMetrics> tasks;
  std::vector<NameMetrics> names;
  std::vector<BrokerMetrics> brokers;
  std::vector<StoreMetrics> stores;
  std::array<ProcessCounts, kProcessKinds> processCounts{};  // by ProcessKind
  std::vector<ProcessMetrics> processes;                     // that live now
  std::optional<ReportMetrics> errorReports;                 // none: no error reporter is configured
  std::optional<SpanMetrics> spans;                          // none: no spans of tasks are sent
  std::optional<RequestMetrics> storeRequests;               // none: no store charges for each request
};

}  // namespace leptir::metrics
