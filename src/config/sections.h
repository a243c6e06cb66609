// The sections of a configuration, each read by a function of its own from its node into `config`; config_reader.cc
// calls them.
#pragma once

#include <filesystem>

#include "config/backends.h"
#include "config/mistakes.h"
#include "config/node.h"
#include "leptir/config.h"

namespace leptir {

// What sections need beside their node.
struct SectionContext {
  const Backends& backends;
  std::filesystem::path folder;  // of the file: relative paths count from here
  Mistakes& mistakes;
};

void readBrokers(const Node& node, const SectionContext& around, Config& config);
void readMetaStorages(const Node& node, const SectionContext& around, Config& config);
void readDaemon(const Node& node, const SectionContext& around, Config& config);
void readLoggers(const Node& node, const SectionContext& around, Config& config);
void readTasks(const Node& node, const SectionContext& around, Config& config);

}  // namespace leptir
