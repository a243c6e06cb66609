// leptir bench: measures this machine with tasks that pass through a whole instance.
#include <algorithm>
#include <iostream>
#include <thread>

#include "cli/bench_measure.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

Json percentilesOf(const std::vector<double>& values) {
  return {{"p50", percentile(values, 0.5)}, {"p99", percentile(values, 0.99)}};
}

void printLatency(std::string_view what, const std::vector<double>& milliseconds) {
  printLine("  {:<36} {:>10.2f} ms p50, {:.2f} ms p99", what, percentile(milliseconds, 0.5),
            percentile(milliseconds, 0.99));
}

// As many as take about a second on most stores.
std::uint64_t singlePushCount(const BenchCommand& command) {
  return std::min<std::uint64_t>(2000, command.tasks);
}

std::string kindOfTasks(const BenchCommand& command) {
  return command.sleep == 0 ? "no-op tasks" : "tasks of " + std::to_string(command.sleep) + " ms";
}

// The configuration to measure: only the stores are taken from a configuration of the user.
Result<Config> configOf(const BenchCommand& command, const BenchFolder& folder, const Program& program) {
  auto config =
      command.config.empty() ? folder.config() : loadConfig(command.config, program.backends, &program.reporters);
  if (!config) return config;
  std::ranges::stable_sort(config->brokers, {}, &Config::Broker::priority);
  config->brokers.resize(1);
  config->loggers.clear();
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  config->daemon.numberOfWorkers = command.workers > 0 ? command.workers : cores;
  return config;
}

struct Queue {
  TaskCounts counts;
  std::string durability;
};

Result<Queue> inspectQueue(const Config& config) {
  auto opened = openBroker(config);
  if (!opened) return opened.error();
  const auto broker = opened->access(0);
  if (!broker) return broker.error();
  const auto counts = (*broker)->tasksCount();
  if (!counts) return counts.error();
  return Queue{*counts, (*broker)->traits().durability};
}

// All that is measured.
struct Figures {
  double idleCpuPercent = 0;
  Latencies latencies;
  double pushesPerSecond = 0, singlePushesPerSecond = 0;
  Throughput throughput;
};

Result<void> measureIdle(const Config& config, const BenchFolder& folder, const Program& program, Figures& figures) {
  BenchInstance instance(config, folder, program, Drain::No);
  if (!instance.waitUntilRunning())
    return Error(ErrorCode::Internal,
                 "the instance to measure was not ready within 10 s, or it ended: `leptir check` and `leptir start` "
                 "with the same configuration say why");
  auto latencies = measureLatency(config);
  if (!latencies) return latencies.error();
  figures.latencies = std::move(*latencies);
  figures.idleCpuPercent = instance.cpuPercentOver(5s);
  return {};
}

Result<void> measurePushes(const Config& config, const BenchCommand& command, Figures& figures) {
  const auto task = taskThatSleeps(std::chrono::milliseconds(command.sleep));
  auto scheduled = taskThatSleeps(0ms);
  scheduled.options.delay = 24h;
  if (auto waiting = pushMany(config, scheduled, command.scheduled); !waiting) return waiting;
  const auto pushed = measureBulkPushes(config, task, command.tasks);
  if (!pushed) return pushed.error();
  const auto single = measureSinglePushes(config, task, singlePushCount(command));
  if (!single) return single.error();
  figures.pushesPerSecond = *pushed;
  figures.singlePushesPerSecond = *single;
  return {};
}

Result<Figures> measure(const Config& config, const BenchFolder& folder, const BenchCommand& command,
                        const Program& program) {
  Figures figures;
  if (auto idle = measureIdle(config, folder, program, figures); !idle) return idle.error();
  if (auto pushed = measurePushes(config, command, figures); !pushed) return pushed.error();
  BenchInstance busy(config, folder, program, command.scheduled > 0 ? Drain::No : Drain::Yes);
  figures.throughput = watch(busy, command.tasks + singlePushCount(command));
  return figures;
}

void printAsJson(const Config& config, const Queue& queue, const BenchCommand& command, const Figures& figures) {
  const auto& [tasksPerSecond, cpuMicrosPerTask, memory] = figures.throughput;
  const Json answer{
      {"store", config.brokers.front().type},
      {"durability", queue.durability},
      {"workers", config.daemon.numberOfWorkers},
      {"tasks", command.tasks},
      {"scheduled", command.scheduled},
      {"sleepMs", command.sleep},
      {"idleCpuPercent", figures.idleCpuPercent},
      {"pushToStartMs", percentilesOf(figures.latencies.toStartMs)},
      {"pushToRecordMs", percentilesOf(figures.latencies.toRecordMs)},
      {"pushesPerSecond", figures.pushesPerSecond},
      {"singlePushesPerSecond", figures.singlePushesPerSecond},
      {"tasksPerSecond", tasksPerSecond},
      {"cpuMicrosPerTask", cpuMicrosPerTask},
      {"privateMemoryMiB", {{"master", memory.master}, {"dispatcher", memory.dispatcher}, {"worker", memory.worker}}}};
  std::cout << jsonForOutput(answer) << '\n';
}

void printAsText(const Config& config, const Queue& queue, const BenchCommand& command, const Figures& figures) {
  const auto& [tasksPerSecond, cpuMicrosPerTask, memory] = figures.throughput;
  printLine("{}, {} workers, {} {}, {} scheduled; {}", config.brokers.front().type, config.daemon.numberOfWorkers,
            command.tasks, kindOfTasks(command), command.scheduled, queue.durability);
  printLine("  {:<36} {:>10.0f} /s", "run: leased, run, recorded, settled", tasksPerSecond);
  printLine("  {:<36} {:>10.1f} us a task", "CPU of all processes", cpuMicrosPerTask);
  printLine("  {:<36} {:>10.0f} /s, 1,000 a call", "bulk push", figures.pushesPerSecond);
  printLine("  {:<36} {:>10.0f} /s, one a call", "single pushes", figures.singlePushesPerSecond);
  printLatency("push to start, idle", figures.latencies.toStartMs);
  printLatency("push to record, idle, waited for", figures.latencies.toRecordMs);
  printLine("  {:<36} {:>10.2f} % of a core", "idle", figures.idleCpuPercent);
  printLine("  {:<36} {:>10.1f} MiB master, {:.1f} dispatcher, {:.1f} worker", "private memory", memory.master,
            memory.dispatcher, memory.worker);
}

}  // namespace

int runCommand(const BenchCommand& command, const Program& program) {
  const BenchFolder folder;
  const auto config = configOf(command, folder, program);
  if (!config) {
    fail(config.error());
    return base::kExitConfigError;
  }
  const auto queue = inspectQueue(*config);
  if (!queue) return failStore(queue.error());
  if (queue->counts != TaskCounts{})
    return fail(Error(ErrorCode::Invalid, "broker '" + config->brokers.front().name +
                                              "' holds tasks, which a measurement would run: choose an empty queue"));
  const auto figures = measure(*config, folder, command, program);
  if (!figures)
    return figures.error().code() == ErrorCode::Internal ? fail(figures.error()) : failStore(figures.error());
  command.json ? printAsJson(*config, *queue, command, *figures) : printAsText(*config, *queue, command, *figures);
  return base::kExitDone;
}

}  // namespace leptir::cli
