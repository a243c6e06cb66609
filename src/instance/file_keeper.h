// Keeps the files in place by which other processes know this instance.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "instance/find_instance.h"
#include "instance/session_locks.h"
#include "leptir/logger.h"
#include "link/status_board.h"

namespace leptir::instance {

// In the master. Commands and a second start find a running instance by its pid file and status board; other instances
// of its stores see by the session locks that it lives.
class FileKeeper {
 public:
  // All arguments outlive it.
  FileKeeper(InstanceLocks& files, link::StatusBoard& board, std::filesystem::path boardFile, SessionLocks& locks)
      : instanceLocks_(files), board_(board), boardFile_(std::move(boardFile)), sessionLocks_(locks) {}

  // About once a second: makes files anew that were removed or changed, and logs it.
  void restore(const Logger& logger);

 private:
  void restoreSessionLocks(const Logger& logger);
  Result<std::vector<std::filesystem::path>> restoreInstanceFiles();

  InstanceLocks& instanceLocks_;
  link::StatusBoard& board_;
  const std::filesystem::path boardFile_;
  SessionLocks& sessionLocks_;
  std::string lastLockError_, lastFileError_;  // the last logged errors
};

}  // namespace leptir::instance
