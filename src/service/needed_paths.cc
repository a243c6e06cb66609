#include "service/needed_paths.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/listen_address.h"
#include "config/state_paths.h"

namespace leptir::service {
namespace {

namespace fs = std::filesystem;

// The default database lies in the state folder of the user who asks now; the service has one of its own.
bool isDefaultDatabase(const fs::path& path) {
  const auto database = config::defaultDatabase();
  return database && path == *database;
}

// Redis has files as well (a socket, certificates), but leptir only reads these.
bool writesToItsPaths(const std::string& type) {
  return type != "redis";
}

// The folder that a store writes in: a database has further files beside it. A backend of the user's program may keep
// its tasks in a folder instead of a file.
fs::path folderOfStore(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

void addPathsOf(const std::string& type, const Json& connection, std::span<const ConfigKey> keys, NeededPaths& paths) {
  for (const auto& key : keys) {
    const auto value = connection.find(std::string(key.name));
    if (key.type != ConfigKey::Type::Path || value == connection.end() || !value->is_string()) continue;
    const fs::path path = value->get<std::string>();
    if (isDefaultDatabase(path)) paths.usesDefaultDatabase = true;
    if (!path.is_absolute() || isDefaultDatabase(path)) continue;
    paths.readPaths.push_back(path);
    if (writesToItsPaths(type)) paths.writtenFolders.push_back(folderOfStore(path));
  }
}

void addStores(const Config& config, const config::Backends& backends, NeededPaths& paths) {
  for (const auto& broker : config.brokers) {
    if (const auto* backend = backends.find(broker.type))
      addPathsOf(broker.type, broker.connection, backend->brokerConnectionKeys(), paths);
  }
  for (const auto& storage : config.metaStorages) {
    if (const auto* backend = backends.find(storage.type))
      addPathsOf(storage.type, storage.connection, backend->metaConnectionKeys(), paths);
  }
}

void addLoggers(const Config& config, NeededPaths& paths) {
  for (const auto& logger : config.loggers) {
    if (logger.type != LogSinkConfig::Type::File || logger.path.empty()) continue;
    paths.logFiles.emplace_back(logger.path);
    paths.writtenFolders.push_back(fs::path(logger.path).parent_path());
  }
}

// The folder in which the metrics server makes its socket.
void addMetrics(const Config& config, NeededPaths& paths) {
  const auto address = base::parseListenAddress(config.metrics.listen);
  if (address && address->isUnix()) paths.writtenFolders.push_back(fs::path(address->path).parent_path());
}

void addPrograms(const Config& config, NeededPaths& paths) {
  for (const auto& [name, program] : config.programs) {
    if (!program.directory.empty()) paths.writtenFolders.emplace_back(program.directory);
    for (const auto& argument : program.command) {
      if (argument.starts_with('/')) paths.readPaths.emplace_back(argument);
    }
  }
}

void sortEachOnce(std::vector<fs::path>& paths) {
  for (auto& path : paths) path = path.lexically_normal();
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
}

}  // namespace

NeededPaths neededPaths(const Config& config, const config::Backends& backends) {
  NeededPaths paths;
  if (!config.file.empty()) paths.readPaths.push_back(config.file);
  addStores(config, backends, paths);
  addLoggers(config, paths);
  addPrograms(config, paths);
  addMetrics(config, paths);
  for (auto* each : {&paths.writtenFolders, &paths.readPaths, &paths.logFiles}) sortEachOnce(*each);
  return paths;
}

bool isWithin(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace leptir::service
