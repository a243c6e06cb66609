// leptir install
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "base/read_file.h"
#include "cli/commands.h"
#include "cli/install_notices.h"
#include "cli/install_service.h"
#include "cli/print.h"
#include "service/companion_files.h"
#include "service/file_writer.h"
#include "service/init_script.h"
#include "service/systemd_unit.h"

namespace leptir::cli {
namespace {

namespace fs = std::filesystem;
using service::InstalledFile;
using service::Service;

bool isUserMissing(const Service& service) {
  if (service.runsAsRoot()) return false;
  const bool isNumber = service.user[0] >= '0' && service.user[0] <= '9';
  return !isNumber && ::getpwnam(service.user.c_str()) == nullptr;
}

// A user of the service's own name is the service's; any other one is made only if it is missing.
bool needsSysusers(const Service& service) {
  const bool isOwn = !service.runsAsRoot() && service.user == service.name;
  return isOwn || isUserMissing(service);
}

std::vector<InstalledFile> filesOf(const Service& service, bool sysv) {
  std::vector<InstalledFile> files;
  if (sysv) {
    files.push_back({fs::path("/etc/init.d") / service.name, service::initScript(service), 0755});
  } else {
    files.push_back({fs::path("/etc/systemd/system") / (service.name + ".service"), service::systemdUnit(service)});
    if (needsSysusers(service))
      files.push_back({fs::path("/etc/sysusers.d") / (service.name + ".conf"), service::sysusersFile(service)});
  }
  files.push_back({fs::path("/etc/logrotate.d") / service.name, service::logrotateFile(service)});
  return files;
}

// As `systemctl cat` shows units: each file below its path.
void printFiles(const std::vector<InstalledFile>& files) {
  for (const auto& file : files) {
    if (&file != &files.front()) std::cout << '\n';
    std::cout << "# " << file.path.string() << '\n' << file.text;
  }
}

// A unit below /etc takes the place of a package's unit of the same name. If that is another program's (ssh, cron), it
// would no longer run.
Result<void> checkHidesNoUnit(const InstallCommand& command) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  for (const auto* folder : {"/usr/lib/systemd/system", "/lib/systemd/system"}) {
    const auto unit = service::below(command.root, fs::path(folder) / (command.name + ".service"));
    const auto read = base::readFile(unit, kMaxBytes);
    if (!read || read->text.find("`leptir install`") != std::string::npos) continue;
    return Error(ErrorCode::Lost, unit.string() +
                                      ": a unit of this name is there and would no longer be used: choose another name "
                                      "with --name, or use --force");
  }
  return {};
}

Result<void> checkRights(const InstallCommand& command, const std::vector<InstalledFile>& files) {
  if (::geteuid() == 0 || command.root != "/") return {};
  return Error(ErrorCode::Unavailable, "only root may write " + files.front().path.string() +
                                           ": run this as root (sudo), or use --print to see the files, or --root=DIR "
                                           "to write them below another folder");
}

// Whether the user of the service may read the configuration, by its mode and owner.
bool mayReadConfig(const Service& service) {
  struct stat info{};
  if (service.config.empty() || service.runsAsRoot() || ::stat(service.config.c_str(), &info) != 0) return true;
  const auto* user = ::getpwnam(service.user.c_str());
  const bool owns = user != nullptr && user->pw_uid == info.st_uid;
  const bool sharesGroup = user != nullptr && user->pw_gid == info.st_gid && (info.st_mode & S_IRGRP) != 0;
  return owns || sharesGroup || (info.st_mode & S_IROTH) != 0;
}

void printStep(std::string_view command, std::string_view why) {
  printLine("  {:<44} # {}", command, why);
}

void printUserSteps(const Service& service, bool sysv) {
  const bool isMissing = isUserMissing(service);
  if (isMissing && sysv)
    printStep(fmt::format("useradd --system --home-dir {} --shell /usr/sbin/nologin {}", service.stateFolder().string(),
                          service.user),
              "its user");
  if (isMissing && !sysv) printStep("systemd-sysusers", "makes the user " + service.user);
  if (!mayReadConfig(service))
    printStep(fmt::format("chgrp {0} {1} && chmod 640 {1}", service.user,
                          service::shellQuotedIfNeeded(service.config.string())),
              "the user must read it");
}

// A pid file in its usual place is found by the configuration.
std::string statusCommand(const Service& service) {
  auto command = service::shellQuotedIfNeeded(service.program.string()) + " status";
  if (!service.config.empty()) command += " --config=" + service::shellQuotedIfNeeded(service.config.string());
  const bool isUsual = service.pidFile == service.runFolder() / (service.name + ".pid");
  return isUsual ? command : command + " --pid=" + service::shellQuotedIfNeeded(service.pidFile.string());
}

void printNextSteps(const Service& service, bool sysv) {
  printLine("");
  printLine("Nothing was started. Next:");
  printUserSteps(service, sysv);
  if (sysv) {
    printStep(fmt::format("update-rc.d {} defaults", service.name), "start it at boot");
    printStep(fmt::format("/etc/init.d/{} start", service.name), "start it now");
  } else {
    printStep("systemctl daemon-reload", "read the unit");
    printStep(fmt::format("systemctl enable --now {}", service.name), "start it now and at boot");
    printStep(fmt::format("journalctl -u {}", service.name), "its log");
  }
  printStep(statusCommand(service), "what it does");
}

int failInstall(const Error& error) {
  fail(error);
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::NotFound ? base::kExitConfigError
                                                                                   : base::kExitPartlyDone;
}

int writeServiceFiles(const InstallCommand& command, const Service& service, const std::vector<InstalledFile>& files) {
  if (auto allowed = checkRights(command, files); !allowed) return failInstall(allowed.error());
  if (!command.sysv && !command.force) {
    if (auto free = checkHidesNoUnit(command); !free) return failInstall(free.error());
  }
  const auto existing = command.force ? service::Existing::Replace : service::Existing::Refuse;
  const auto written = service::writeFiles(command.root, files, existing);
  if (!written) {
    fail(written.error());
    return base::kExitPartlyDone;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    printLine("{} {}", (*written)[i] == service::Written::Unchanged ? "unchanged:" : "wrote",
              service::below(command.root, files[i].path).string());
  }
  if (command.root == "/") printNextSteps(service, command.sysv);
  return base::kExitDone;
}

}  // namespace

int runCommand(const InstallCommand& command, const Program& program) {
  if (const auto checked = checkInstallOptions(command); !checked) {
    fail(checked.error());
    return base::kExitUsageError;
  }
  const auto described = describeService(command, program);
  if (!described) return failInstall(described.error());
  const auto& service = described->service;
  printInstallNotices(command, *described);
  const auto files = filesOf(service, command.sysv);
  if (!command.print) return writeServiceFiles(command, service, files);
  printFiles(files);
  return base::kExitDone;
}

}  // namespace leptir::cli
