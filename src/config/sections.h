// The sections of a configuration: each function reads one from its node into `config`. config_reader.cc calls them.
#pragma once

#include <filesystem>

#include "config/backends.h"
#include "config/errors.h"
#include "config/node.h"
#include "leptir/config.h"

namespace leptir::config {

// What these functions need besides the node.
struct SectionContext {
  const Backends& backends;
  const ReporterRegistry* reporters;  // null: neither the names nor the options of reporters are checked
  std::filesystem::path folder;       // of the configuration file; relative paths begin there
  ConfigErrors& errors;
};

void readBrokers(const Node& node, const SectionContext& context, Config& config);
void readMetaStorages(const Node& node, const SectionContext& context, Config& config);
void readDaemon(const Node& node, const SectionContext& context, Config& config);
void readLoggers(const Node& node, const SectionContext& context, Config& config);
void readErrorReporting(const Node& node, const SectionContext& context, Config& config);
void readMetrics(const Node& node, const SectionContext& context, Config& config);
void readTracing(const Node& node, const SectionContext& context, Config& config);
void readTasks(const Node& node, const SectionContext& context, Config& config);

}  // namespace leptir::config
