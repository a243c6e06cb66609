// Keeps the files in place by which other processes know this instance.
#include <utility>

#include "instance/instance_setup.h"

namespace leptir::instance {

// Commands and a second start find a running instance by its pid file and status board; other instances of its stores
// see by the session locks that it lives.
void InstanceSetup::keepFiles() {
  keepSessionLocks();
  const auto restored = restoreInstanceFiles();
  logErrorOnce(lastFileError_, restored ? "" : restored.error().message());
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    say(LogLevel::Warning, "The file " + file.string() +
                               " was missing or changed; it is made anew. Leave it alone while an instance runs: "
                               "status, stop and a second start find the instance by it.");
  }
}

void InstanceSetup::keepSessionLocks() {
  const auto restored = locks_.restore();
  logErrorOnce(lastLockError_, restored ? "" : restored.error().message());
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    say(LogLevel::Warning, "The lock file " + file.string() +
                               " was missing or replaced; it is made anew. Leave the files beside the database alone "
                               "while an instance runs.");
  }
}

// The board last: only the holder of the pid file may have a board.
Result<std::vector<std::filesystem::path>> InstanceSetup::restoreInstanceFiles() {
  auto restored = files_.restore();
  if (!restored) return restored;
  const auto isAnew = board_->restoreFile();
  if (!isAnew) return isAnew.error();
  if (*isAnew) restored->push_back(options_.files.boardFile);
  return restored;
}

// Logs an error once, not each time that it occurs again.
void InstanceSetup::logErrorOnce(std::string& last, const std::string& trouble) const {
  if (trouble != std::exchange(last, trouble) && !trouble.empty()) say(LogLevel::Error, trouble);
}

}  // namespace leptir::instance
