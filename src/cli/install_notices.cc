#include "cli/install_notices.h"

#include <filesystem>

#include "cli/report_error.h"

namespace leptir::cli {
namespace {

using service::Service;

// The same test as that of sd_booted(3).
bool isSystemdRunning() {
  std::error_code ignored;
  return std::filesystem::exists("/run/systemd/system", ignored);
}

// Root's commands find the database of a service with leptir's own name; all others look in the folder of their user.
void warnIfDefaultDatabase(const Service& service) {
  if (!service.usesDefaultDatabase || service.name == "leptir") return;
  printNotice(
      "no store is configured, so {} keeps tasks and records in {}, where no other command looks: name one in both "
      "brokers and meta_storage, for example [{{ type: sqlite, connection: {{ path: {}/{}.db }} }}]",
      service.name, service.defaultDatabase().string(), service.stateFolder().string(), service.name);
}

void warnIfNoLogFile(const Service& service) {
  if (!service.logFiles.empty()) return;
  printNotice(
      "no logger of type file is configured, and a daemon uses no other, so {0} logs nothing: add one, for "
      "example loggers: {{ file: {{ type: file, options: {{ path: {1}/{0}.log }} }} }}",
      service.name, service.logFolder().string());
}

}  // namespace

void printInstallNotices(const InstallCommand& command, const DescribedService& described) {
  const auto& service = described.service;
  if (described.configNotFound)
    printNotice("{} is not there: the files are made for the defaults; make them again when it exists",
                service.config.string());
  if (service.runsAsRoot())
    printNotice("every task of {} will run as root: give it a user of its own with --user=NAME", service.name);
  if (!described.configNotFound) warnIfDefaultDatabase(service);
  if (!described.configNotFound && command.sysv) warnIfNoLogFile(service);
  if (!command.sysv && !command.onlyPreparesFiles() && !isSystemdRunning())
    printNotice("systemd does not run on this machine: --sysv makes a script for /etc/init.d instead");
}

}  // namespace leptir::cli
