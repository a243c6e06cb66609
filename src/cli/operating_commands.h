// The command lines of operators' commands, which command_line.h parses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace leptir::cli {

// Options that select tasks; empty: they were not given.
struct SelectionOptions {
  std::string state, broker, name, id, reason, cause, since, until;

  // Whether no option but --broker was given.
  bool isEmpty() const;
};

// What all actions on tasks have: ids, or a selection.
struct BulkOptions {
  std::filesystem::path config;
  std::vector<std::string> ids;
  SelectionOptions selection;
  bool all = false;  // every task that the action applies to
  bool yes = false;  // do not ask
  bool dryRun = false;
  bool json = false;
};

struct QueuesCommand {
  std::filesystem::path config;
  bool json = false;
};
struct InstancesCommand {
  std::filesystem::path config;
  bool running = false;  // list running tasks, too
  bool json = false;
};
struct LogsCommand {
  std::filesystem::path config;
  std::string id;
  int attempt = 0;  // 0: the run that goes on, else the last one
  bool follow = false;
  bool json = false;
};
struct StackCommand {
  std::filesystem::path config;
  std::string id;
  bool json = false;
};
struct NamesCommand {
  std::filesystem::path config;
  std::uint64_t records = 10'000;
  bool all = false;
  bool json = false;
};
struct DoctorCommand {
  std::filesystem::path config;
  bool json = false;
};
struct AuditTrailCommand {
  std::filesystem::path config;
  std::size_t limit = 20;
  bool json = false;
};
struct BuriedCommand {
  std::string action = "list";  // list, show, revive or delete
  BulkOptions bulk;
  std::string cursor, sort;
  std::size_t limit = 20;
};
struct CancelCommand {
  BulkOptions bulk;
};
struct RunNowCommand {
  BulkOptions bulk;
};
struct RescheduleCommand {
  BulkOptions bulk;
  std::string at;
  std::string delaySeconds;
};
struct AgainCommand {
  BulkOptions bulk;  // the ids have the parameters behind them
};
struct PauseCommand {
  std::filesystem::path config;
  std::string broker, name;
  bool all = false;
  bool json = false;
};
struct ResumeCommand {
  PauseCommand pause;    // that ends
  std::string instance;  // whose drain ends, instead of a pause
};
struct DrainCommand {
  std::filesystem::path config;
  std::string instance;
  bool json = false;
};
struct TopCommand {
  std::filesystem::path config;
  double interval = 2;  // seconds between two questions to a store
};
struct WorkersCommand {
  std::filesystem::path config;
  int workers = 0;
  std::string instance;
  bool json = false;
};
struct MetricsCommand {
  std::filesystem::path config, pid;
  std::filesystem::path output;  // empty: standard output
  bool openMetrics = false;
};

// Add the options of a command to the parser's description of it.
void addOptions(CLI::App& app, QueuesCommand& command);
void addOptions(CLI::App& app, InstancesCommand& command);
void addOptions(CLI::App& app, LogsCommand& command);
void addOptions(CLI::App& app, StackCommand& command);
void addOptions(CLI::App& app, NamesCommand& command);
void addOptions(CLI::App& app, DoctorCommand& command);
void addOptions(CLI::App& app, AuditTrailCommand& command);
void addOptions(CLI::App& app, BuriedCommand& command);
void addOptions(CLI::App& app, CancelCommand& command);
void addOptions(CLI::App& app, RunNowCommand& command);
void addOptions(CLI::App& app, RescheduleCommand& command);
void addOptions(CLI::App& app, AgainCommand& command);
void addOptions(CLI::App& app, PauseCommand& command);
void addOptions(CLI::App& app, ResumeCommand& command);
void addOptions(CLI::App& app, DrainCommand& command);
void addOptions(CLI::App& app, WorkersCommand& command);
void addOptions(CLI::App& app, MetricsCommand& command);
void addOptions(CLI::App& app, TopCommand& command);

// All options that select tasks, for `tasks`.
void addSelection(CLI::App& app, SelectionOptions& options);

}  // namespace leptir::cli
