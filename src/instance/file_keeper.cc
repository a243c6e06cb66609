#include "instance/file_keeper.h"

#include <utility>

#include "instance/master_log.h"

namespace leptir::instance {
namespace {

// Logs an error once, not each time that it occurs again. Without an error `trouble` is empty.
void logErrorOnce(std::string& last, const std::string& trouble, const Logger& logger) {
  if (trouble != std::exchange(last, trouble)) logAsMaster(logger, LogLevel::Error, trouble);
}

}  // namespace

void FileKeeper::restore(const Logger& logger) {
  restoreSessionLocks(logger);
  const auto restored = restoreInstanceFiles();
  logErrorOnce(lastFileError_, restored ? "" : restored.error().message(), logger);
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    logAsMaster(logger, LogLevel::Warning,
                "The file " + file.string() +
                    " was missing or changed; it is made anew. Leave it alone while an instance runs: "
                    "status, stop and a second start find the instance by it.");
  }
}

void FileKeeper::restoreSessionLocks(const Logger& logger) {
  const auto restored = sessionLocks_.restore();
  logErrorOnce(lastLockError_, restored ? "" : restored.error().message(), logger);
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    logAsMaster(logger, LogLevel::Warning,
                "The lock file " + file.string() +
                    " was missing or replaced; it is made anew. Leave the files beside the database alone "
                    "while an instance runs.");
  }
}

// The board last: only the holder of the pid file may have a board.
Result<std::vector<std::filesystem::path>> FileKeeper::restoreInstanceFiles() {
  auto restored = instanceLocks_.restore();
  if (!restored) return restored;
  const auto isAnew = board_.restoreFile();
  if (!isAnew) return isAnew.error();
  if (*isAnew) restored->push_back(boardFile_);
  return restored;
}

}  // namespace leptir::instance
