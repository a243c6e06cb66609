// The commands. Each answers the process's exit status and says on stderr what went wrong; a file each, named like the
// command.
#pragma once

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir {

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
int statusOfAll(const StatusCommand& command);

// The configuration in that file, or the default one. An error has been printed as it should be read, a line a mistake.
Result<Config> readConfig(const std::filesystem::path& file);

// Where a command looks for records and the configuration keeps none, says so on stderr.
void sayWhetherRecorded(const Config& config);
// Prints "leptir: <message>" to stderr and answers the exit status for it.
int fail(const Error& error);
// The same for a store that could not be opened: 69 whatever the reason.
int failStore(const Error& error);

}  // namespace leptir
