// Runs the commands of the command line. Each function returns the exit status of the process and prints errors to
// stderr. The file of a command has the name of the command.
#pragma once

#include "base/exit_code.h"
#include "cli/command_line.h"
#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir::cli {

int runCommand(const StartCommand& command, const Program& program);
int runCommand(const StopCommand& command, const Program& program);
int runCommand(const StatusCommand& command, const Program& program);
int runCommand(const PushCommand& command, const Program& program);
int runCommand(const InfoCommand& command, const Program& program);
int runCommand(const CancelCommand& command, const Program& program);
int runCommand(const TasksCommand& command, const Program& program);
int runCommand(const CheckCommand& command, const Program& program);
int runCommand(const BenchCommand& command, const Program& program);

// `status --all`.
int printStatusOfAll(const StatusCommand& command);

// Loads the configuration from `file`, or the default one if `file` is empty. On an error it has already printed the
// error to stderr, one line for each mistake.
Result<Config> readConfig(const std::filesystem::path& file);

// Warns on stderr if the configuration has no meta storage. For commands that read records.
void warnIfNotRecorded(const Config& config);
// Prints "leptir: <message>" to stderr and returns the exit status for the error's code.
int fail(const Error& error);
// Like fail(), for a store that could not be opened: returns 69 whatever the error's code.
int failStore(const Error& error);

}  // namespace leptir::cli
