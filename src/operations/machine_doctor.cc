// What the doctor says of this machine and of the files that the configuration names.
#include "base/disk_space.h"
#include "base/host_name.h"
#include "config/descriptor_limit.h"
#include "config/state_paths.h"
#include "log/log_file.h"
#include "operations/doctor.h"
#include "operations/machine_facts.h"

namespace leptir::operations {
namespace {

void addError(const Result<void>& checked, FindingSeverity severity, const std::string& kind, const std::string& where,
              Findings& findings) {
  findings.countExamined();
  if (!checked) findings.add({severity, kind, where, checked.error().message(), ""});
}

void examineDiskSpaceFor(const std::filesystem::path& file, const std::string& what, const std::string& where,
                         Findings& findings) {
  findings.countExamined();
  const auto space = base::diskSpaceAt(file.parent_path());
  if (!space) return;
  if (auto finding = base::findingOf(*space, what + " " + file.string())) findings.add(where, std::move(*finding));
}

void examineLogs(const Config& config, const std::string& where, Findings& findings) {
  addError(log::checkLogFiles(config.loggers), FindingSeverity::Warning, "rights", where, findings);
  for (const auto& logger : config.loggers) {
    if (logger.type == LogSinkConfig::Type::File) examineDiskSpaceFor(logger.path, "log file", where, findings);
  }
}

void examinePidFile(const Config& config, const std::string& where, Findings& findings) {
  const auto file = config::pidFileFor(config);
  addError(file ? config::checkFolderFor(*file) : Result<void>(file.error()), FindingSeverity::Warning, "rights", where,
           findings);
  if (file) examineDiskSpaceFor(*file, "pid file", where, findings);
}

}  // namespace

void examineMachine(const Config& config, Findings& findings) {
  const auto where = "machine " + base::hostName();
  addError(config::DescriptorLimit().raiseFor(config), FindingSeverity::Problem, "low-limit", where, findings);
  examineFacts(readMachineFacts(), config.daemon.numberOfWorkers, where, findings);
  examineLogs(config, where, findings);
  examinePidFile(config, where, findings);
}

}  // namespace leptir::operations
