// The configuration file as values, and the door for applications that only push.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/broker.h"
#include "leptir/json.h"
#include "leptir/logger.h"
#include "leptir/meta_storage.h"
#include "leptir/program_spec.h"
#include "leptir/task_rules.h"

namespace leptir {

// PHP leptir's keys and defaults; where its README and its code differ, the README's (docs/guide/configuration.md has
// the table).
struct Config {
  struct Broker {
    std::string name{};  // `name`, else the type, else type-2, type-3 …: unique
    std::string type{};
    Json connection{};  // each key of the backend, with its value or default
    std::int64_t priority = 0;
    Duration taskCountCachingTime = std::chrono::milliseconds(200);
  };
  struct MetaStorage {
    std::string name{};
    std::string type{};
    Json connection{};
    std::optional<Duration> expireAfter{};  // `expire_after_seconds`; none (-1 in the file): never
    bool required = true;                   // false: leasing goes on while this storage is down
  };
  struct Daemon {
    Duration taskExecutionTime = std::chrono::seconds(600);  // zero: no limit
    int numberOfWorkers = 4;
    Duration emptyQueueSleepTime = std::chrono::milliseconds(500);
    Duration workersActiveSleepTime = std::chrono::milliseconds(200);
    Duration killGrace = std::chrono::seconds(1);
    std::optional<Duration> shutdownGrace{};            // none: unlimited
    std::optional<std::uint64_t> maxTasksPerWorker{};   // then it ends, and a fresh one begins; none: unlimited
    std::optional<std::uint64_t> maxMemoryPerWorker{};  // bytes of resident memory between two tasks; none: unlimited
  };

  std::vector<Broker> brokers{};
  std::vector<MetaStorage> metaStorages{};
  Daemon daemon{};
  std::vector<LogSinkConfig> loggers{};
  std::map<std::string, ProgramSpec> programs{};  // `tasks: NAME: command:`
  TaskRuleBook rules{};                           // `tasks: NAME:`, all the rest
  std::filesystem::path file;                     // empty: no configuration file
};

// Reads YAML or JSON. Invalid: each mistake with file, line and, for a key that is not known, the nearest one that is;
// several in one message, a line each; or the file may not be read, or anybody may write it. NotFound: no such file.
// TooLarge. Nothing is opened or written.
Result<Config> loadConfig(const std::filesystem::path& file);

// What holds without any file: one SQLite file for tasks and records, a stdout logger, as many workers as cores.
// Invalid: there is no place for the file (neither HOME nor XDG_STATE_HOME is set). Unsupported: this build has no
// SQLite.
Result<Config> defaultConfig();

// What an application needs to push and to look at tasks. Stores are opened when they are first needed. Unsupported:
// this build has no backend of that type.
Result<Broker> openBroker(const Config& config);
// The records, for those who want to read them.
Result<MetaStorage> openMetaStorage(const Config& config);

}  // namespace leptir
