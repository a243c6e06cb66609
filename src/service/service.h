// One leptir instance that a service manager starts and stops: what its unit or script needs to know. `leptir install`
// fills it in (service_description.h); the other headers of this module make the text of one file each from it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"

namespace leptir::service {

struct Service {
  std::string name;               // of the unit or script, the pid file, and the folders of state and logs
  std::string user;               // runs the instance and its tasks; empty: root (an /etc/init.d script alone)
  std::string group;              // the user's own group; empty where the user is root
  std::filesystem::path program;  // absolute
  std::filesystem::path config;   // absolute; empty: none
  std::filesystem::path pidFile;  // absolute
  // From the configuration:
  Duration killGrace = std::chrono::seconds(1);
  std::optional<Duration> shutdownGrace{};              // none: running tasks may take as long as they like
  std::vector<std::filesystem::path> writtenFolders{};  // of databases, logs and programs; each once
  std::vector<std::filesystem::path> readPaths{};       // program, configuration, commands; each once
  std::vector<std::filesystem::path> logFiles{};        // of its file loggers
  bool usesDefaultDatabase = true;                      // the configuration names no store

  bool runsAsRoot() const { return user.empty() || user == "root" || user == "0"; }
  std::filesystem::path stateFolder() const { return std::filesystem::path("/var/lib") / name; }
  std::filesystem::path logFolder() const { return std::filesystem::path("/var/log") / name; }
  std::filesystem::path runFolder() const { return std::filesystem::path("/run") / name; }
  // The value of XDG_STATE_HOME: leptir keeps its state in the folder `leptir` below it, which for the name "leptir" is
  // the state folder itself.
  std::filesystem::path stateHome() const { return name == "leptir" ? stateFolder().parent_path() : stateFolder(); }
  std::filesystem::path defaultDatabase() const { return stateHome() / "leptir" / "leptir.db"; }
};

}  // namespace leptir::service
