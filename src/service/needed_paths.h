// Which files of this machine an instance and its tasks use, as far as the configuration says it. A hardened unit must
// let them through.
#pragma once

#include <filesystem>
#include <vector>

#include "config/backends.h"
#include "leptir/config.h"

namespace leptir::service {

struct NeededPaths {
  std::vector<std::filesystem::path> writtenFolders;  // of databases, of log files, and the `directory` of programs
  std::vector<std::filesystem::path> readPaths;       // the configuration file, and commands that are named by a path
  std::vector<std::filesystem::path> logFiles;        // of loggers of type `file`
  bool usesDefaultDatabase = false;                   // whose path depends on the user
};

// Each path once, sorted, without the default database. All paths of `config` are absolute, as they are when its file
// was named by an absolute path.
NeededPaths neededPaths(const Config& config, const config::Backends& backends);

// Whether `path` is `folder` or lies below it, by their text.
bool isWithin(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace leptir::service
