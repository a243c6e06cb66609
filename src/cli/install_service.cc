#include "cli/install_service.h"

#include <grp.h>
#include <pwd.h>

#include <string>
#include <utility>

#include "base/escape.h"
#include "config/assemble.h"
#include "config/config_text.h"
#include "service/file_writer.h"
#include "service/names.h"
#include "service/needed_paths.h"

namespace leptir::cli {
namespace {

namespace fs = std::filesystem;

Result<fs::path> absolutePath(const fs::path& path) {
  std::error_code failed;
  const auto absolute = fs::absolute(path, failed);
  if (failed) return Error(ErrorCode::Invalid, path.string() + ": " + failed.message());
  return absolute.lexically_normal();
}

Result<fs::path> programOf(const InstallCommand& command) {
  if (!command.program.empty()) return command.program.lexically_normal();
  std::error_code failed;
  auto self = fs::read_symlink("/proc/self/exe", failed);
  if (!failed && fs::exists(self, failed)) return self;
  return Error(ErrorCode::Invalid, "cannot tell the path of this program: name it with --program=/path");
}

// A unit has a user of its own by default; the script runs as root, as that of PHP leptir does.
std::string userOf(const InstallCommand& command) {
  if (!command.user.empty() || command.sysv) return command.user;
  return command.name;
}

// A user that is made for the service gets a group of the same name.
std::string groupOf(const std::string& user) {
  const auto* known = ::getpwnam(user.c_str());
  const auto* group = known == nullptr ? nullptr : ::getgrgid(known->pw_gid);
  return group == nullptr ? user : group->gr_name;
}

// The configuration of a system below --root may lie there already.
fs::path configPathToRead(const InstallCommand& command, const fs::path& config) {
  std::error_code ignored;
  const auto staged = service::below(command.root, config);
  return fs::exists(staged, ignored) ? staged : config;
}

void add(const Config& config, const config::Backends& backends, service::Service& service) {
  service.killGrace = config.daemon.killGrace;
  service.shutdownGrace = config.daemon.shutdownGrace;
  auto paths = service::neededPaths(config, backends);
  service.writtenFolders = std::move(paths.writtenFolders);
  service.readPaths = std::move(paths.readPaths);
  service.logFiles = std::move(paths.logFiles);
  service.usesDefaultDatabase = paths.usesDefaultDatabase;
}

Result<void> addConfig(const InstallCommand& command, const Program& program, DescribedService& described) {
  auto text = config::readConfigText(configPathToRead(command, described.service.config));
  if (!text && text.error().code() == ErrorCode::NotFound && command.onlyPreparesFiles()) {
    described.configNotFound = true;
    return {};
  }
  if (!text) return text.error();
  text->file = described.service.config;
  const auto config = config::configOf(*text, program.backends, nullptr, config::MissingValues::KeepDefaults);
  if (!config) return config.error();
  add(*config, config::allBackends(program.backends), described.service);
  return {};
}

}  // namespace

Result<void> checkInstallOptions(const InstallCommand& command) {
  if (auto name = service::checkServiceName(command.name); !name) return name;
  if (!command.program.empty() && !command.program.is_absolute())
    return Error(ErrorCode::Invalid, "--program: " + base::inQuotes(command.program.string()) +
                                         " is no absolute path, which a service needs: begin it with /");
  const auto user = userOf(command);
  return user.empty() ? Result<void>() : service::checkUserName(user);
}

Result<DescribedService> describeService(const InstallCommand& command, const Program& program) {
  DescribedService described;
  auto& service = described.service;
  service.name = command.name;
  service.user = userOf(command);
  if (!service.runsAsRoot()) service.group = groupOf(service.user);
  const auto self = programOf(command);
  if (!self) return self.error();
  service.program = *self;
  const auto pid = command.pid.empty() ? service.runFolder() / (service.name + ".pid") : command.pid;
  const auto pidFile = absolutePath(pid);
  if (!pidFile) return pidFile.error();
  service.pidFile = *pidFile;
  if (command.config.empty()) return described;
  const auto config = absolutePath(command.config);
  if (!config) return config.error();
  service.config = *config;
  if (auto added = addConfig(command, program, described); !added) return added.error();
  return described;
}

}  // namespace leptir::cli
