#include "service/systemd_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>

#include "service/needed_paths.h"
#include "service/systemd_text.h"

namespace leptir::service {
namespace {

namespace fs = std::filesystem;
using Folders = std::initializer_list<fs::path>;

constexpr std::string_view kUnitTemplate =
    R"(# Made by `leptir install`. Settings of your own: `systemctl edit {name}`. They stay when this file is made again.

[Unit]
Description={description}
# leptir waits for its stores by itself; this only saves the first attempts.
After=network-online.target nss-lookup.target
Wants=network-online.target
# An instance that dies ten times within a minute is left stopped, as `failed`, for an operator to look at.
StartLimitIntervalSec=60
StartLimitBurst=10

[Service]
# leptir says when it is ready: each broker has a session, and a worker waits for tasks.
Type=notify
NotifyAccess=main
ExecStart={command}
# HUP reads the configuration again and reopens the logs. The shell's own kill needs no further package.
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'

# Only a wrong command line (2) or configuration (78) would fail again. `systemctl stop` is the way to stop it:
# after `leptir stop` systemd starts it again.
Restart=always
RestartSec=1
RestartPreventExitStatus=2 78
# leptir beats twice in this time, but only while its dispatcher makes progress.
WatchdogSec=30

# TERM goes to the master alone, which lets running tasks finish. KILL, after the timeout, goes to all processes.
KillMode=mixed
# {whyTimeout}
TimeoutStopSec={timeout}
# A task that the kernel kills for want of memory fails alone: the other tasks go on.
OOMPolicy=continue
# Workers add 500: the kernel kills a task rather than the master or the dispatcher.
OOMScoreAdjust=-200

{userComment}
User={user}
# /run/{name}, /var/lib/{name} and /var/log/{name} are made for that user.
RuntimeDirectory={name}
RuntimeDirectoryMode=0750
StateDirectory={name}
StateDirectoryMode=0700
LogsDirectory={name}
LogsDirectoryMode=0750
# Without a store in the configuration, tasks and records lie in {stateHome}/leptir/leptir.db.
Environment={environment}
UMask=0027

# An instance needs 4 descriptors for each worker and 12 for each broker; tasks need theirs.
LimitNOFILE=65536
# A core file would hold parameters of tasks and secrets. Crash reports need none.
LimitCORE=0
TasksMax=4096
MemoryAccounting=yes

# Files: all is read-only but the folders above and those that the configuration names.
ProtectSystem=strict
)";

constexpr std::string_view kHardening = R"(PrivateDevices=yes

# Rights: none beyond those of the user, also for programs that tasks run (no sudo, no set-user-id program).
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RemoveIPC=yes
# Programs that make code while they run (node, java, luajit, php with JIT) need `no` here.
MemoryDenyWriteExecute=yes

# The kernel and other processes. ProcSubset= stays as it is: leptir reads /proc/sys and /proc/meminfo.
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
# A task that makes control groups of its own needs `no` here, and Delegate=yes.
ProtectControlGroups=yes
ProtectProc=invisible

# The network. 169.254.169.254 gives away a cloud machine's own credentials; take the line out if tasks need them.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
IPAddressDeny=169.254.169.254/32

# System calls of ordinary programs. The last line lets leptir set the limits of a task (`memory`, `nice`, …) and put
# back what it changed, and lets programs such as cp and tar keep the group of a file.
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=@chown setrlimit prlimit64 setpriority sched_setaffinity ioprio_set
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
)";

std::string commandOf(const Service& service) {
  auto command = escapedUnitProgram(service.program) + " start";
  if (!service.config.empty()) command += " " + escapedUnitArgument("--config=" + service.config.string());
  return command + " " + escapedUnitArgument("--pid=" + service.pidFile.string());
}

// TERM to a process that does not listen, KILL, and the time that the dispatcher has to settle (master_options.h).
constexpr std::chrono::seconds kSettlingTime(60);
// leptir asks for more time every 15 s while it waits for running tasks, so this only ends an instance that hangs.
constexpr std::chrono::seconds kStopHangTimeout(120);

std::int64_t stopSeconds(const Service& service) {
  const auto total =
      service.shutdownGrace ? *service.shutdownGrace + service.killGrace + kSettlingTime : Duration(kStopHangTimeout);
  return std::chrono::ceil<std::chrono::seconds>(total).count();
}

std::string_view whyTimeout(const Service& service) {
  return service.shutdownGrace
             ? "shutdown_grace and kill_grace of the configuration, and a minute to record how tasks went."
             : "shutdown_grace is unlimited: while running tasks may finish, leptir asks systemd for more time.";
}

std::string_view userComment(const Service& service) {
  return service.runsAsRoot() ? "Every task runs as root. A user of its own is safer: leptir install --user=NAME."
                              : "A user of its own: tasks can touch no files of other users.";
}

bool usesFileIn(const Service& service, Folders folders) {
  const auto isInside = [&](const fs::path& path) {
    return std::ranges::any_of(folders, [&](const fs::path& folder) { return isWithin(path, folder); });
  };
  return isInside(service.program) || std::ranges::any_of(service.readPaths, isInside) ||
         std::ranges::any_of(service.writtenFolders, isInside);
}

// Folders that the unit opens anyway, and the root folder, for which ReadWritePaths= would take back ProtectSystem=.
bool needsNoLine(const Service& service, const fs::path& folder) {
  const auto isOpened = [&](const fs::path& opened) { return isWithin(folder, opened); };
  return folder == folder.root_path() || isOpened(service.stateFolder()) || isOpened(service.logFolder()) ||
         isOpened(service.runFolder());
}

std::string fileAccessLines(const Service& service) {
  std::string text;
  auto folders = service.writtenFolders;
  folders.push_back(service.pidFile.parent_path());
  for (const auto& folder : folders) {
    if (!needsNoLine(service, folder)) text += "ReadWritePaths=" + escapedUnitOptionalPath(folder) + "\n";
  }
  if (usesFileIn(service, {"/home", "/root", "/run/user"})) {
    text += "# The program, its configuration or a task lies in a home folder.\nProtectHome=read-only\n";
  } else {
    text += "ProtectHome=yes\n";
  }
  if (usesFileIn(service, {"/tmp", "/var/tmp"})) {
    text += "# The program, its configuration or a task lies in a temporary folder.\nPrivateTmp=no\n";
  } else {
    text += "PrivateTmp=yes\n";
  }
  return text;
}

}  // namespace

std::string systemdUnit(const Service& service) {
  using fmt::arg;
  return fmt::format(kUnitTemplate, arg("name", service.name),
                     arg("description", escapedUnitLine("background tasks of leptir (" + service.name + ")")),
                     arg("command", commandOf(service)), arg("whyTimeout", whyTimeout(service)),
                     arg("timeout", stopSeconds(service)),
                     arg("userComment", fmt::format("# {}", userComment(service))), arg("user", service.user),
                     arg("stateHome", service.stateHome().string()),
                     arg("environment", "XDG_STATE_HOME=" + service.stateHome().string())) +
         fileAccessLines(service) + std::string(kHardening);
}

}  // namespace leptir::service
