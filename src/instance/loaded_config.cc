#include "instance/loaded_config.h"

#include <sys/resource.h>

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "config/unrecorded.h"
#include "instance/metrics_server.h"
#include "link/run_logs.h"
#include "task/program_task.h"

namespace leptir::instance {
namespace {

bool isFile(const LogSinkConfig& sink) {
  return sink.type == LogSinkConfig::Type::File;
}

// The logs of tasks are in shared memory, for which the limit counts too.
std::string taskLogLimitText() {
  const auto slots = link::RunLogs::allowedSlots();
  if (slots >= base::kMaxWorkers) return {};
  return "; the task logs of the first " + std::to_string(slots) + " workers alone are kept";
}

// A warning if this process and its children may not write files of any size; else empty.
std::string fileSizeWarning() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return {};
  return "no file of this instance can grow beyond " + std::to_string(limit.rlim_max) +
         " bytes (ulimit -f, LimitFSIZE of systemd), neither a log nor a database" + taskLogLimitText();
}

}  // namespace

Result<Logger> openLogger(const Config& config, const InstanceOptions& options, const std::string& instance) {
  auto sinks = config.loggers;
  if (options.daemon) std::erase_if(sinks, std::not_fn(isFile));
  auto logger = Logger::open(sinks);
  if (logger) logger->setSource(instance, "master");
  return logger;
}

Program programWith(const Config& config, const Program& own, const std::string& instance) {
  Program program = own;
  for (const auto& [name, spec] : config.programs) {
    const auto rules = config.rules.find(name);
    const auto limits = rules == config.rules.end() ? ResourceLimits() : rules->second.limits;
    task::addProgram(program.tasks, name, spec, instance, limits);
  }
  return program;
}

Config configWithAllBrokers(const LoadedConfig& loaded) {
  auto config = loaded.config;
  config.brokers = loaded.brokers.brokers();
  return config;
}

master::MasterOptions masterOptionsOf(const LoadedConfig& loaded) {
  const auto& config = loaded.config;
  master::MasterOptions options;
  options.workers = config.daemon.numberOfWorkers;
  options.reportsErrors = !config.errorReporters.empty();
  if (!whyNoMetricsServer(config)) options.metricsListen = config.metrics.listen;
  options.killGrace = config.daemon.killGrace;
  options.shutdownGrace = config.daemon.shutdownGrace;
  for (const auto& broker : loaded.brokers.brokers()) options.brokerNames.push_back(broker.name);
  return options;
}

std::vector<std::string> warningsAbout(const Config& config, const InstanceOptions& options) {
  std::vector<std::string> warnings;
  if (options.daemon && std::ranges::none_of(config.loggers, isFile))
    warnings.emplace_back("no logger of type file is configured, and a daemon uses no other: it logs nothing");
  if (config.metaStorages.empty()) warnings.emplace_back(config::kNothingIsRecorded);
  if (auto why = whyNoMetricsServer(config)) warnings.push_back(std::move(*why));
  if (auto limit = fileSizeWarning(); !limit.empty()) warnings.push_back(std::move(limit));
  return warnings;
}

}  // namespace leptir::instance
