// The command line as values: one struct for each command. (The only file that includes the parser is command_line.cc.)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace leptir {

struct StartCommand {
  std::filesystem::path config, pid;
  bool daemon = false;
  bool drain = false;
};
struct StopCommand {
  std::filesystem::path config, pid;
  std::optional<double> timeout;  // seconds; none: as long as it takes
};
struct StatusCommand {
  std::filesystem::path config, pid;
  bool all = false;  // every instance of this user, whatever its configuration
  bool json = false;
};
struct PushCommand {
  std::string program = "leptir";  // as it was called: a user's program has its own name
  std::filesystem::path config;
  std::string name;                     // empty with --stdin
  std::vector<std::string> parameters;  // key=text, key:=JSON
  std::string json;                     // an object
  bool fromStdin = false;
  double delaySeconds = 0;
  std::string at;  // RFC 3339 or Unix seconds
  std::int64_t priority = 0;
  std::int64_t timeLimit = 0;
  std::uint32_t maxAttempts = 0;  // 0: not said
  std::uint64_t number = 1;
  std::string id;
  std::string broker;
  bool quiet = false;
};
struct InfoCommand {
  std::filesystem::path config;
  std::string id;
  bool text = false;
};
struct CancelCommand {
  std::filesystem::path config;
  std::string id;
};
struct TasksCommand {
  std::filesystem::path config;
  std::string cause, name;  // empty: any
  std::size_t limit = 20;
  bool json = false;
};
struct CheckCommand {
  std::filesystem::path config;
};
struct BenchCommand {
  std::filesystem::path config;  // empty: SQLite in a folder of its own
  std::uint64_t tasks = 200'000;
  std::uint64_t scheduled = 0;  // that wait beside, for tomorrow
  int workers = 0;              // 0: as many as cores
  bool json = false;
};
// The command line was wrong, or asked for help: the text has been printed.
struct NothingToDo {
  int exitCode = 0;
};

using Command = std::variant<NothingToDo, StartCommand, StopCommand, StatusCommand, PushCommand, InfoCommand,
                             CancelCommand, TasksCommand, CheckCommand, BenchCommand>;

// Prints help to stdout, and mistakes (one line and a hint) to stderr.
Command parseCommandLine(int argc, const char* const* argv);

}  // namespace leptir
