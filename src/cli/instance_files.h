// The paths of an instance's files, by which start, stop, reload and status find it: derived from the path of the
// configuration, or given by --pid.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "instance/find_instance.h"
#include "leptir/result.h"
#include "leptir/run_main.h"
#include "master/process_handle.h"

namespace leptir::cli {

// `config` and `pid` are --config and --pid, or empty. Uses the path of the configuration only and does not read the
// file: an instance must be found even if its configuration is broken by now. Invalid: no folder for the state can be
// chosen; the message says what to do.
Result<instance::InstanceFiles> instanceFilesOf(const std::filesystem::path& config, const std::filesystem::path& pid);

// For commands about a running instance: the same, but where no instance of the caller has this configuration, the
// files of a service that was started with it (service_instances.h).
Result<instance::InstanceFiles> filesOfRunningInstance(const std::filesystem::path& config,
                                                       const std::filesystem::path& pid);

// The master of the instance that has these files: the process that holds their lock, whatever number the pid file
// contains. None: no instance runs.
Result<std::optional<master::ProcessHandle>> runningMasterOf(const instance::InstanceFiles& files);

// For a command that finds no instance. Also prints errors of the configuration: a mistyped path is a likely reason.
// `command`: for example "stop". Returns the exit status.
int printNotRunning(std::string_view command, const std::filesystem::path& config, const Program& program);

}  // namespace leptir::cli
