// How commands find a running instance: by its pid file, or by the path under which its configuration was given.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "link/status_board.h"
#include "master/pid_file.h"

namespace leptir::instance {

struct InstanceFiles {
  std::filesystem::path pidFile;    // named after the configuration's real path
  std::filesystem::path boardFile;  // the status board, beside the pid file
  // Named after the path as it was given, since that may lead to another file later, or to none. Holds the same pid,
  // under the same kind of lock. Empty: there is no configuration file, or --pid was given.
  std::filesystem::path aliasFile{};
};

// The locks that one instance holds: on its pid file and on its alias file.
class InstanceLocks {
 public:
  // Lost: another instance holds one of these locks, or that of the status board (after its pid file was removed).
  // Unavailable: it cannot be told whether an instance holds the board. Invalid: as PidFile::take.
  static Result<InstanceLocks> take(const InstanceFiles& files);
  void closeInChild();
  // Makes files anew that were removed or changed, with their folder if that is gone, and answers their names. Lost,
  // Invalid: as PidFile::restore.
  Result<std::vector<std::filesystem::path>> restore();
  // Removes the files, when the instance ends.
  void remove();

 private:
  struct Lock {
    std::filesystem::path file;
    master::PidFile held;
  };
  Result<void> add(const std::filesystem::path& file);
  std::vector<Lock> locks_;
};

// The files of the instance that was started with this path, also if the path leads to another file now; else `asked`.
InstanceFiles runningInstanceFiles(const InstanceFiles& asked);

// The pid of the master that has exactly these files: the process that holds the pid file or, if that was removed or
// replaced, the status board. nullopt and errors: as pidFileHolder. Unavailable: the board cannot be checked.
Result<std::optional<int>> masterOf(const InstanceFiles& files);

// The running instance of these files; nullopt: it does not run. An instance without a board is `Starting`. An error,
// as of pidFileHolder: it cannot be told whether it runs.
Result<std::optional<link::BoardInstance>> findInstance(const InstanceFiles& files);

// "pid 123, since 2026-11-28 19:00:01 UTC, configuration /etc/leptir.yaml".
std::string describeInstance(const link::BoardInstance& instance);

}  // namespace leptir::instance
