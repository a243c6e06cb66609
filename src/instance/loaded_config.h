// A configuration with everything that an instance makes from it. A reload exchanges it as a whole.
#pragma once

#include <string>
#include <vector>

#include "instance/broker_table.h"
#include "instance/instance.h"
#include "leptir/config.h"
#include "leptir/logger.h"
#include "leptir/program.h"
#include "master/master_options.h"

namespace leptir::instance {

struct LoadedConfig {
  Config config;
  BrokerTable brokers;
  Program program;  // the user's tasks and the programs of the configuration
  Logger logger;
};

// The logger of the master of the instance with this name. A daemon logs to files only, as PHP leptir does.
Result<Logger> openLogger(const Config& config, const InstanceOptions& options, const std::string& instance);
// A copy of the user's Program `own`, to which each external program of the configuration (`command`) is added as a
// task. `instance` is the name of the instance.
Program programWith(const Config& config, const Program& own, const std::string& instance);

// The configuration with all brokers of `loaded.brokers`, also those that are detaching.
Config configWithAllBrokers(const LoadedConfig& loaded);
master::MasterOptions masterOptionsOf(const LoadedConfig& loaded);

// Warnings for the user that do not keep the instance from running, one sentence each.
std::vector<std::string> warningsAbout(const Config& config, const InstanceOptions& options);

}  // namespace leptir::instance
