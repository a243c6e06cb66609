// How commands find an instance: by its pid file, or by the path under which its configuration was given.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "link/status_board.h"
#include "master/pid_file.h"

namespace leptir {

struct InstanceFiles {
  std::filesystem::path pidFile;    // by the configuration's real path
  std::filesystem::path boardFile;  // beside the pid file
  // By the path as it was given: it may lead elsewhere tomorrow, or nowhere. Holds the number of the same process,
  // under the same kind of lock. Empty: there is no configuration file, or --pid was given.
  std::filesystem::path aliasFile{};
};

// The pid file and the alias, held by one instance.
class InstanceLocks {
 public:
  // Lost: another instance has one of them, or the lock of the board: then its pid file was removed. Unavailable:
  // whether one has the board cannot be told. Invalid: as PidFile::take.
  static Result<InstanceLocks> take(const InstanceFiles& files);
  void closeInChild();
  // Makes those anew that were removed or changed, in folders that are made anew as well, and answers their names.
  // Lost, Invalid: as PidFile::restore.
  Result<std::vector<std::filesystem::path>> restore();
  // At the end.
  void remove();

 private:
  struct Lock {
    std::filesystem::path file;
    PidFile held;
  };
  Result<void> add(const std::filesystem::path& file);
  std::vector<Lock> locks_;
};

// The files of the instance that was started with this path, wherever the path leads by now; else as they were given.
InstanceFiles filesOfRunning(const InstanceFiles& asked);

// The master of the instance of just these files: the process that holds the pid file, or, where that was removed or
// replaced, the board. None, errors: as holderOf. Unavailable: the board cannot be looked at.
Result<std::optional<int>> masterOf(const InstanceFiles& files);

// The running instance of these files. None: it does not run. One that has no board yet is `Starting`. An error, as of
// holderOf: whether it runs cannot be told.
Result<std::optional<BoardInstance>> findInstance(const InstanceFiles& files);

// "pid 123, since 2026-11-28 19:00:01 UTC, configuration /etc/leptir.yaml".
std::string describeInstance(const BoardInstance& instance);

}  // namespace leptir
