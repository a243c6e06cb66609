// `daemon: configuration:`, and PHP leptir's name for it, `leptir: configuration:`.
#include <limits>

#include "base/limits.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

void readWorkers(MapReader& settings, Config::Daemon& daemon) {
  const Node* node = settings.find("number_of_workers");
  if (node == nullptr) return;
  const auto workers =
      readIntegerInRange(1, base::kMaxWorkers, *node, settings.nameOf("number_of_workers"), settings.errors());
  if (workers) daemon.numberOfWorkers = static_cast<int>(*workers);
}

std::optional<std::uint64_t> readCount(const Node& node, std::string_view what, ConfigErrors& errors) {
  return readIntegerInRange(1, std::numeric_limits<std::int64_t>::max(), node, what, errors);
}

void readShutdownGrace(MapReader& settings, Config::Daemon& daemon) {
  const Node* node = settings.find("shutdown_grace");
  if (node == nullptr) return;
  const auto what = settings.nameOf("shutdown_grace") + " (or unlimited)";
  const auto word = readScalarAsText(*node, what, settings.errors());
  if (word && *word != "unlimited") daemon.shutdownGrace = readSeconds(*node, what, settings.errors());
}

}  // namespace

void readDaemon(const Node& node, const SectionContext& context, Config& config) {
  MapReader section(node, "'daemon'", context.errors);
  const Node* inner = section.require("configuration");
  section.refuseUnknownKeys();
  if (inner == nullptr) return;

  auto& daemon = config.daemon;
  MapReader settings(*inner, "daemon.configuration", context.errors);
  settings.read("task_execution_time", daemon.taskExecutionTime, readSeconds);
  readWorkers(settings, daemon);
  settings.read("empty_queue_sleep_time", daemon.emptyQueueSleepTime, readSeconds);
  settings.read("workers_active_sleep_time", daemon.workersActiveSleepTime, readSeconds);
  settings.read("kill_grace", daemon.killGrace, readSeconds);
  readShutdownGrace(settings, daemon);
  settings.read("max_tasks_per_worker", daemon.maxTasksPerWorker, readCount);
  settings.read("max_memory_per_worker", daemon.maxMemoryPerWorker, readBytes);
  settings.refuseUnknownKeys();
}

}  // namespace leptir::config
