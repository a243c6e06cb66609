#include "cli/bench_measure.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

constexpr int kLatencySamples = 300;
constexpr Duration kMaxWaitForTask = 10s;

double secondsBetween(BootTime a, BootTime b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

Result<Latencies> measureLatency(const Config& config) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  Latencies milliseconds;
  for (int i = 0; i < kLatencySamples; ++i) {
    const auto pushed = systemClock().bootTime();
    const auto id = broker->push("noop", Json::object());
    if (!id) return id.error();
    const auto record = broker->wait(*id, kMaxWaitForTask);
    if (!record) return record.error();
    milliseconds.toRecordMs.push_back(secondsBetween(pushed, systemClock().bootTime()) * 1e3);
    milliseconds.toStartMs.push_back(
        (record->at("exEnd").get<double>() - record->at("exTime").get<double>() - record->at("pushed").get<double>()) *
        1e3);
  }
  return milliseconds;
}

TaskToPush taskThatSleeps(std::chrono::milliseconds time) {
  TaskToPush task{.name = "noop", .parameters = {{"text", std::string(180, 'x')}}};
  if (time == 0ms) return task;
  task.name = "sleep";
  task.parameters["seconds"] = static_cast<double>(time.count()) / 1e3;
  return task;
}

Result<void> pushMany(const Config& config, const TaskToPush& task, std::uint64_t number) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  std::vector<TaskToPush> batch(1000, task);
  for (std::uint64_t left = number; left > 0;) {
    const auto now = std::min<std::uint64_t>(left, batch.size());
    if (task.options.delay > 0s) {
      for (auto& each : batch) each.options.delay += 1s;
    }
    if (auto ids = broker->pushTasks(std::span(batch).first(now)); !ids) return ids.error();
    left -= now;
  }
  return {};
}

Result<double> measureBulkPushes(const Config& config, const TaskToPush& task, std::uint64_t number) {
  const auto began = systemClock().bootTime();
  if (auto pushed = pushMany(config, task, number); !pushed) return pushed.error();
  return static_cast<double>(number) / secondsBetween(began, systemClock().bootTime());
}

Result<double> measureSinglePushes(const Config& config, const TaskToPush& task, std::uint64_t number) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  const auto began = systemClock().bootTime();
  for (std::uint64_t i = 0; i < number; ++i) {
    if (auto id = broker->push(task.name, task.parameters); !id) return id.error();
  }
  return static_cast<double>(number) / secondsBetween(began, systemClock().bootTime());
}

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
  throughput.cpuMicrosPerTask = instance.stopAndGetCpuSeconds() * 1e6 / static_cast<double>(tasks);
  return throughput;
}

}  // namespace leptir::cli
