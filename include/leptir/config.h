// Reads the configuration file, and opens the brokers and meta storages that it names. An application that only pushes
// needs no other header. It links leptir::push and the libraries of the backends that its configuration names
// (leptir::sqlite, leptir::redis, leptir::memory); leptir::leptir has all of them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/backend_registry.h"
#include "leptir/broker.h"
#include "leptir/json.h"
#include "leptir/logger.h"
#include "leptir/meta_storage.h"
#include "leptir/program_spec.h"
#include "leptir/reporter_registry.h"
#include "leptir/task_rules.h"

namespace leptir {

// The values of a configuration file. Keys and defaults are PHP leptir's; where PHP leptir's README and code differ,
// the README's (see the table in docs/guide/configuration.md).
struct Config {
  struct Broker {
    std::string name{};  // unique: `name`, else the type, else type-2, type-3 …
    std::string type{};
    Json connection{};  // every key of the backend, with its value or default
    std::int64_t priority = 0;
    Duration taskCountCachingTime = std::chrono::milliseconds(200);
  };
  struct MetaStorage {
    std::string name{};
    std::string type{};
    Json connection{};
    std::optional<Duration> expireAfter{};  // `expire_after_seconds`; none (-1 in the file): never
    bool required = true;                   // false: the instance goes on leasing while this storage is down
  };
  struct Daemon {
    Duration taskExecutionTime = std::chrono::seconds(600);  // zero: no limit
    int numberOfWorkers = 4;
    Duration emptyQueueSleepTime = std::chrono::milliseconds(500);
    Duration workersActiveSleepTime = std::chrono::milliseconds(200);
    Duration killGrace = std::chrono::seconds(1);
    std::optional<Duration> shutdownGrace{};            // none: unlimited
    std::optional<std::uint64_t> maxTasksPerWorker{};   // a worker is replaced after this many; none: unlimited
    std::optional<std::uint64_t> maxMemoryPerWorker{};  // bytes: a worker that has more after a task is replaced
  };
  // An entry of `error_reporting`: either a class that the program registered, or one of leptir's own types.
  struct ErrorReporter {
    std::string name{};       // unique: `name`, else the class or type
    std::string className{};  // empty: `type` is set
    std::string type{};
    Json options = Json::object();
    std::vector<std::string> redact{};              // words of keys to redact besides the standard ones
    Duration timeLimit = std::chrono::seconds(30);  // for one report; zero: no limit
  };
  struct Metrics {
    // Where the metrics of an instance are served: "127.0.0.1:9464", "[::1]:9464", "localhost:9464" or
    // "unix:/run/leptir/metrics.sock". Empty: nowhere.
    std::string listen{};
  };

  // Where spans of tasks are sent, and of which tasks (docs/guide/tracing.md).
  struct Tracing {
    std::string endpoint{};  // base URL of a server that speaks OTLP over HTTP; empty: no spans are sent
    std::vector<std::pair<std::string, std::string>> headers{};  // of each request; the values may be secret
    double sample = 0;  // the share, from 0 to 1, of tasks without a traceparent that get spans nevertheless
    std::string serviceName = "leptir";
  };

  std::vector<Broker> brokers{};
  std::vector<MetaStorage> metaStorages{};
  Daemon daemon{};
  std::vector<LogSinkConfig> loggers{};
  std::map<std::string, ProgramSpec> programs{};  // `tasks: NAME: command:`
  TaskRulesByName rules{};                        // `tasks: NAME:`, all other keys
  std::vector<ErrorReporter> errorReporters{};
  Metrics metrics{};
  Tracing tracing{};
  std::filesystem::path file;  // empty: no configuration file
  BackendRegistry backends{};  // the program's own backends, which `type` of a store may name
};

// Reads a YAML or JSON file; opens no store and writes nothing. Invalid: the message has one line for each error, with
// the file, the line and, for an unknown key, the most similar known key; Invalid also when the file cannot be read,
// when every user may write to it, or when `backends` has mistakes. NotFound: there is no such file. TooLarge: the file
// is too large. `backends` are the program's own backends; the file may name them beside leptir's. `reporters` are the
// error reporters that `error_reporting` may name, and check its options; null: the names and options are not checked,
// for an application that only pushes.
Result<Config> loadConfig(const std::filesystem::path& file, const BackendRegistry& backends = {},
                          const ReporterRegistry* reporters = nullptr);

// The configuration that is used without a file: one SQLite database for tasks and records, a log on stdout, and one
// worker for each processor core. Invalid: neither HOME nor XDG_STATE_HOME is set, so that the database has no folder.
// Unsupported: the program is not linked with the SQLite backend.
Result<Config> defaultConfig();

// Makes the Broker through which an application pushes tasks. Each store is opened at the first call that needs it.
// Unsupported: the program is not linked with a backend that the configuration names; the message says which library to
// link.
Result<Broker> openBroker(const Config& config);
// Makes the MetaStorage through which an application reads or saves records; as openBroker.
Result<MetaStorage> openMetaStorage(const Config& config);

}  // namespace leptir
