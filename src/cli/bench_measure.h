// What `leptir bench` measures, one function for each figure.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "cli/bench_instance.h"
#include "leptir/broker.h"
#include "leptir/config.h"

namespace leptir::cli {

// Milliseconds from a push by this process, in an idle instance.
struct Latencies {
  std::vector<double> toStartMs;   // until the task began
  std::vector<double> toRecordMs;  // until this process, which waits for it (Broker::wait), has the record
};
Result<Latencies> measureLatency(const Config& config);

// The task whose throughput is measured: one that does nothing, or sleeps so long.
TaskToPush taskThatSleeps(std::chrono::milliseconds time);

// Pushes so many of these tasks, 1,000 a call. With a delay, each call adds one second to it.
Result<void> pushMany(const Config& config, const TaskToPush& task, std::uint64_t number);

// Pushes per second, with 1,000 tasks in each call.
Result<double> measureBulkPushes(const Config& config, const TaskToPush& task, std::uint64_t number);
// Pushes per second, with one task in each call, as in an application that has one task at a time.
Result<double> measureSinglePushes(const Config& config, const TaskToPush& task, std::uint64_t number);

struct Throughput {
  double tasksPerSecond = 0;
  double cpuMicrosPerTask = 0;  // for each task, of all processes of the instance
  PrivateMemoryMiB memory;
};

// Watches the instance until it has run `tasks` tasks, and stops it. Measures from the first poll that sees a settled
// task to the last. A poll costs about 70 us of the measured cores.
Throughput watch(BenchInstance& instance, std::uint64_t tasks);

}  // namespace leptir::cli
