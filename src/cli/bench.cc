// leptir bench: measures this machine with no-op tasks that pass through a whole instance.
#include <algorithm>
#include <iostream>
#include <thread>

#include "cli/bench_instance.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

constexpr int kLatencies = 300;
constexpr int kSinglePushes = 2000;

double secondsBetween(BootTime a, BootTime b) {
  return std::chrono::duration<double>(b - a).count();
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// Milliseconds from a push by this process to the start of the task in an idle instance.
Result<std::vector<double>> measureLatency(const Config& config) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  auto records = openMetaStorage(config);
  if (!records) return records.error();
  std::vector<double> milliseconds;
  for (int i = 0; i < kLatencies; ++i) {
    const auto id = broker->push("noop", Json::object());
    if (!id) return id.error();
    Result<Json> record = Error(ErrorCode::NotFound, "");
    for (int tries = 0; tries < 10'000 && !record; ++tries) {
      std::this_thread::sleep_for(500us);
      record = records->loadMetaInfoById(*id);
    }
    if (!record) return record.error();
    milliseconds.push_back(
        (record->at("exEnd").get<double>() - record->at("exTime").get<double>() - record->at("pushed").get<double>()) *
        1e3);
  }
  return milliseconds;
}

// Pushes no-op tasks, 1,000 a call. With a `delay` they are scheduled; each call adds one second to it.
Result<void> pushMany(const Config& config, std::uint64_t tasks, Duration delay = {}) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  std::vector<TaskToPush> batch(1000, TaskToPush{.name = "noop", .parameters = {{"text", std::string(180, 'x')}}});
  for (std::uint64_t left = tasks; left > 0;) {
    const auto now = std::min<std::uint64_t>(left, batch.size());
    if (delay > 0s) {
      delay += 1s;
      for (auto& task : batch) task.options.delay = delay;
    }
    if (auto ids = broker->pushTasks(std::span(batch).first(now)); !ids) return ids.error();
    left -= now;
  }
  return {};
}

Result<double> measurePush(const Config& config, std::uint64_t tasks) {
  const auto began = systemClock().bootTime();
  if (auto pushed = pushMany(config, tasks); !pushed) return pushed.error();
  return static_cast<double>(tasks) / secondsBetween(began, systemClock().bootTime());
}

// Pushes one task a call, as an application does that has one task at a time.
Result<double> measureSinglePushes(const Config& config) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  const auto began = systemClock().bootTime();
  for (int i = 0; i < kSinglePushes; ++i) {
    if (auto id = broker->push("noop", Json{{"text", std::string(180, 'x')}}); !id) return id.error();
  }
  return kSinglePushes / secondsBetween(began, systemClock().bootTime());
}

struct Throughput {
  double tasksPerSecond = 0;
  double cpuMicros = 0;  // for each task, of all processes of the instance
  PrivateMemory memory;
};

// Measures from the first poll that sees a settled task to the last. A poll costs about 70 us of the measured cores.
Throughput watch(BenchInstance& instance, std::uint64_t tasks) {
  Throughput throughput;
  std::optional<std::pair<BootTime, std::uint64_t>> first, last;
  while (true) {
    const auto board = instance.readStatusBoard();
    const auto done = board ? board->done : 0;
    const auto now = systemClock().bootTime();
    if (done > 0) last = {now, done};
    if (!first) first = last;
    if (board && done > tasks / 2 && throughput.memory.master == 0) throughput.memory = privateMemoryOf(*board);
    if (done >= tasks || instance.ended()) break;  // it may end between two polls
    std::this_thread::sleep_for(10ms);
  }
  if (!instance.failed() && last && last->second > first->second) {
    throughput.tasksPerSecond =
        static_cast<double>(last->second - first->second) / secondsBetween(first->first, last->first);
  }
  throughput.cpuMicros = instance.stop() * 1e6 / static_cast<double>(tasks);
  return throughput;
}

// The configuration to measure: only the stores are taken from a configuration of the user.
Result<Config> configOf(const BenchCommand& command, const BenchFolder& folder) {
  auto config = command.config.empty() ? folder.config() : loadConfig(command.config);
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

Result<Queue> queueOf(const Config& config) {
  auto opened = openBroker(config);
  if (!opened) return opened.error();
  const auto broker = opened->access(0);
  if (!broker) return broker.error();
  const auto counts = (*broker)->tasksCount();
  if (!counts) return counts.error();
  return Queue{*counts, (*broker)->traits().durability};
}

}  // namespace

int runCommand(const BenchCommand& command, const Program& program) {
  const BenchFolder folder;
  const auto read = configOf(command, folder);
  if (!read) {
    fail(read.error());
    return base::kExitConfigError;
  }
  const auto& config = *read;
  const auto queue = queueOf(config);
  if (!queue) return failStore(queue.error());
  if (queue->counts != TaskCounts{})
    return fail(Error(ErrorCode::Invalid, "broker '" + config.brokers.front().name +
                                              "' holds tasks, which a measurement would run: choose an empty queue"));
  Json answer{{"store", config.brokers.front().type},
              {"durability", queue->durability},
              {"workers", config.daemon.numberOfWorkers},
              {"tasks", command.tasks},
              {"scheduled", command.scheduled}};

  BenchInstance idle(config, folder, program, Drain::No);
  if (!idle.waitUntilRunning()) return fail(Error(ErrorCode::Internal, "the instance to measure did not start"));
  const auto latency = measureLatency(config);
  if (!latency) return failStore(latency.error());
  answer["idleCpuPercent"] = idle.cpuPercentOver(5s);
  answer["pushToStartMs"] = {{"p50", percentile(*latency, 0.5)}, {"p99", percentile(*latency, 0.99)}};
  idle.stop();

  if (const auto waiting = pushMany(config, command.scheduled, 24h); !waiting) return failStore(waiting.error());
  const auto pushed = measurePush(config, command.tasks);
  if (!pushed) return failStore(pushed.error());
  answer["pushesPerSecond"] = *pushed;
  const auto single = measureSinglePushes(config);
  if (!single) return failStore(single.error());
  answer["singlePushesPerSecond"] = *single;
  BenchInstance busy(config, folder, program, command.scheduled > 0 ? Drain::No : Drain::Yes);
  const auto throughput = watch(busy, command.tasks + kSinglePushes);
  answer["tasksPerSecond"] = throughput.tasksPerSecond;
  answer["cpuMicrosPerTask"] = throughput.cpuMicros;
  answer["privateMemoryMiB"] = {{"master", throughput.memory.master},
                                {"dispatcher", throughput.memory.dispatcher},
                                {"worker", throughput.memory.worker}};

  if (command.json) {
    std::cout << writeJson(answer) << '\n';
    return base::kExitDone;
  }
  printLine("{}, {} workers, {} no-op tasks, {} scheduled; {}", config.brokers.front().type,
            config.daemon.numberOfWorkers, command.tasks, command.scheduled, queue->durability);
  printLine("  {:<36} {:>10.0f} /s", "run: leased, run, recorded, settled", throughput.tasksPerSecond);
  printLine("  {:<36} {:>10.1f} us a task", "CPU of all processes", throughput.cpuMicros);
  printLine("  {:<36} {:>10.0f} /s, 1,000 a call", "bulk push", *pushed);
  printLine("  {:<36} {:>10.0f} /s, one a call", "single pushes", *single);
  printLine("  {:<36} {:>10.2f} ms p50, {:.2f} ms p99", "push to start, idle", percentile(*latency, 0.5),
            percentile(*latency, 0.99));
  printLine("  {:<36} {:>10.2f} % of a core", "idle", answer["idleCpuPercent"].get<double>());
  printLine("  {:<36} {:>10.1f} MiB master, {:.1f} dispatcher, {:.1f} worker", "private memory",
            throughput.memory.master, throughput.memory.dispatcher, throughput.memory.worker);
  return base::kExitDone;
}

}  // namespace leptir::cli
