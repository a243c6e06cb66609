// Runs the commands of the command line. Each function returns the exit status of the process and prints errors to
// stderr. The file of a command has the name of the command.
#pragma once

#include "base/exit_code.h"
#include "cli/command_line.h"
#include "cli/read_config.h"
#include "cli/report_error.h"
#include "leptir/run_main.h"

namespace leptir::cli {

int runCommand(const StartCommand& command, const Program& program);
int runCommand(const StopCommand& command, const Program& program);
int runCommand(const ReloadCommand& command, const Program& program);
int runCommand(const StatusCommand& command, const Program& program);
int runCommand(const PushCommand& command, const Program& program);
int runCommand(const InfoCommand& command, const Program& program);
int runCommand(const TasksCommand& command, const Program& program);
int runCommand(const QueuesCommand& command, const Program& program);
int runCommand(const BuriedCommand& command, const Program& program);
int runCommand(const CancelCommand& command, const Program& program);
int runCommand(const RunNowCommand& command, const Program& program);
int runCommand(const RescheduleCommand& command, const Program& program);
int runCommand(const AgainCommand& command, const Program& program);
int runCommand(const PauseCommand& command, const Program& program);
int runCommand(const ResumeCommand& command, const Program& program);
int runCommand(const InstancesCommand& command, const Program& program);
int runCommand(const LogsCommand& command, const Program& program);
int runCommand(const StackCommand& command, const Program& program);
int runCommand(const NamesCommand& command, const Program& program);
int runCommand(const DoctorCommand& command, const Program& program);
int runCommand(const AuditTrailCommand& command, const Program& program);
int runCommand(const DrainCommand& command, const Program& program);
int runCommand(const WorkersCommand& command, const Program& program);
int runCommand(const MetricsCommand& command, const Program& program);
int runCommand(const TopCommand& command, const Program& program);
int runCommand(const CheckCommand& command, const Program& program);
int runCommand(const BenchCommand& command, const Program& program);
int runCommand(const PrintCommand& command, const Program& program);
int runCommand(const WritePagesCommand& command, const Program& program);
int runCommand(const InstallCommand& command, const Program& program);

// `resume` without --instance: ends pauses, or, without --broker, --name and --all, lists them.
int endPause(const PauseCommand& command, const Program& program);
// `status --all`.
int printStatusOfAll(const StatusCommand& command);
// `status --ready`.
int printReadiness(const StatusCommand& command);

}  // namespace leptir::cli
