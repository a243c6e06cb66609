// The parsed command line: one struct for each command (those of operators stand in operating_commands.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/manual_page.h"
#include "cli/operating_commands.h"
#include "leptir/clock.h"

namespace leptir::cli {

struct StartCommand {
  std::filesystem::path config, pid;
  bool daemon = false;
  bool drain = false;
};
struct StopCommand {
  std::filesystem::path config, pid;
  std::optional<double> timeout;  // seconds; empty: wait without a limit
  std::string instance;           // on any machine; empty: that of the configuration, on this machine
  bool now = false;               // with `instance`: end running tasks
  bool json = false;              // with `instance`
};
struct ReloadCommand {
  std::filesystem::path config, pid;
  std::string instance;  // as in StopCommand
  bool json = false;     // with `instance`
};
struct StatusCommand {
  std::filesystem::path config, pid;
  bool all = false;  // show all instances of this user, whatever their configuration
  bool json = false;
  bool ready = false;               // only whether the instance is ready, without asking stores
  std::optional<Duration> watch{};  // repeat the output at this interval; nullopt: print it once
};
struct PushCommand {
  std::string program = "leptir";  // name of the called program, shown in hints and errors
  std::filesystem::path config;
  std::string name;                     // the task's name; empty with --stdin
  std::vector<std::string> parameters;  // key=text, key:=JSON
  std::string json;                     // --json: the parameters as a JSON object
  bool fromStdin = false;
  double delaySeconds = 0;
  std::string at;       // RFC 3339 or Unix seconds
  std::string expires;  // as `at`, or +SECONDS; empty: never
  std::int64_t priority = 0;
  std::int64_t timeLimit = 0;     // seconds; 0: the limit of the instance that runs the task
  std::uint32_t maxAttempts = 0;  // 0: --maxAttempts was not given
  std::uint64_t number = 1;
  std::string id;
  std::string broker;
  std::string traceparent;  // empty: that of the environment
  bool quiet = false;
  std::optional<Duration> wait{};  // at most this long after the last push; nullopt: do not wait
  bool text = false;               // with wait: print records as text
};
struct InfoCommand {
  std::filesystem::path config;
  std::string id;
  bool text = false;
};
struct TasksCommand {
  std::filesystem::path config;
  SelectionOptions selection;
  std::string cursor, sort;
  std::size_t limit = 20;
  bool json = false;
};
struct CheckCommand {
  std::filesystem::path config;
};
struct BenchCommand {
  std::filesystem::path config;  // empty: SQLite in a temporary folder
  std::uint64_t tasks = 200'000;
  std::uint64_t scheduled = 0;  // tasks due tomorrow that stay in the queue meanwhile
  std::uint64_t sleep = 0;      // milliseconds that each task sleeps; 0: no-op tasks
  int workers = 0;              // 0: one for each core
  bool json = false;
};
struct InstallCommand {
  std::filesystem::path config, pid;
  std::filesystem::path program;     // of the service; empty: this program
  std::filesystem::path root = "/";  // the files are written below it
  std::string name;                  // of the service
  std::string user;                  // empty: --user was not given
  bool sysv = false;                 // a script in /etc/init.d instead of a systemd unit
  bool print = false;                // print the files and write nothing
  bool force = false;                // replace files that differ

  // The files are for another system, or for a later time.
  bool onlyPreparesFiles() const { return print || root != "/"; }
};
// `completion` and `manual`: what they print.
struct PrintCommand {
  std::string text;
};
// `manual --to`: all pages, as files of this folder.
struct WritePagesCommand {
  std::filesystem::path folder;
  std::vector<ManualPage> pages;
};
// No command is to be run: the command line was wrong or asked for help. The text for that has been printed.
struct NothingToDo {
  int exitCode = 0;
};

using Command =
    std::variant<NothingToDo, StartCommand, StopCommand, ReloadCommand, StatusCommand, PushCommand, InfoCommand,
                 TasksCommand, QueuesCommand, BuriedCommand, CancelCommand, RunNowCommand, RescheduleCommand,
                 AgainCommand, PauseCommand, ResumeCommand, InstancesCommand, LogsCommand, StackCommand, NamesCommand,
                 DoctorCommand, AuditTrailCommand, DrainCommand, WorkersCommand, MetricsCommand, TopCommand,
                 CheckCommand, BenchCommand, InstallCommand, PrintCommand, WritePagesCommand>;

// Prints help to stdout, and mistakes (one line and a hint) to stderr.
Command parseCommandLine(int argc, const char* const* argv);

}  // namespace leptir::cli
