// The files by which a running instance is known, kept in place whatever happens to them.
#include <utility>

#include "instance/flight.h"

namespace leptir {

// By these files others tell that this instance lives: commands and a second start by the pid file and the board, other
// instances of its stores by the session locks.
void Flight::keepFiles() {
  keepSessionLocks();
  const auto restored = restoreInstanceFiles();
  tellTrouble(fileTrouble_, restored ? "" : restored.error().message());
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    say(LogLevel::Warning, "The file " + file.string() +
                               " was missing or changed; it is made anew. Leave it alone while an instance runs: "
                               "status, stop and a second start find the instance by it.");
  }
}

void Flight::keepSessionLocks() {
  const auto restored = locks_.restore();
  tellTrouble(lockTrouble_, restored ? "" : restored.error().message());
  for (const auto& file : restored ? *restored : std::vector<std::filesystem::path>()) {
    say(LogLevel::Warning, "The lock file " + file.string() +
                               " was missing or replaced; it is made anew. Leave the files beside the database alone "
                               "while an instance runs.");
  }
}

// The board last: who holds the pid file may have one.
Result<std::vector<std::filesystem::path>> Flight::restoreInstanceFiles() {
  auto restored = files_.restore();
  if (!restored) return restored;
  const auto isAnew = board_->restoreFile();
  if (!isAnew) return isAnew.error();
  if (*isAnew) restored->push_back(options_.files.boardFile);
  return restored;
}

// Each trouble once, however often it is met.
void Flight::tellTrouble(std::string& last, const std::string& trouble) const {
  if (trouble != std::exchange(last, trouble) && !trouble.empty()) say(LogLevel::Error, trouble);
}

}  // namespace leptir
