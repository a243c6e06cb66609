// How commands find an instance: by its pid file, or by the path under which its configuration was given.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "link/status_board.h"
#include "master/pid_file.h"

namespace leptir {

struct InstanceFiles {
  std::filesystem::path pidFile;    // by the configuration's real path
  std::filesystem::path boardFile;  // beside the pid file
  // By the path as it was given, when that leads through symbolic links: they may lead elsewhere tomorrow. Holds the
  // number of the same process, under the same kind of lock. Empty: the path is the real one, or --pid was given.
  std::filesystem::path aliasFile{};
};

// The pid file and the alias, held by one instance.
class InstanceLocks {
 public:
  // Lost: another instance has one of them. Invalid: as PidFile::take.
  static Result<InstanceLocks> take(const InstanceFiles& files);
  void closeInChild();
  // At the end.
  void remove();

 private:
  explicit InstanceLocks(PidFile own) : own_(std::move(own)) {}
  PidFile own_;
  std::optional<PidFile> alias_;
};

// The files of the instance that was started with this path, wherever the path leads by now; else as they were given.
InstanceFiles filesOfRunning(const InstanceFiles& asked);

// The running instance of these files. None: it does not run. One that has no board yet is `Starting`. An error, as of
// holderOf: whether it runs cannot be told.
Result<std::optional<BoardInstance>> findInstance(const InstanceFiles& files);

// "pid 123, since 2026-11-28 19:00:01 UTC, configuration /etc/leptir.yaml".
std::string describeInstance(const BoardInstance& instance);

}  // namespace leptir
