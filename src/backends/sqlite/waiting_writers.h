// Lets the processes that write one database take turns. SQLite's lock has no queue: a process that commits and begins
// again at once wins nearly always against one that polls the lock every 200 microseconds. On a busy disk a push
// waited for 5 seconds and failed, while three other processes pushed on.
#pragma once

#include <filesystem>

#include "base/unique_fd.h"

namespace leptir::sqlite {

// A process that waits holds a shared lock (flock) on the folder beside the database; a process that is about to begin
// sees it and lets the others go first. If the folder cannot be opened, no waiting process is seen. Not thread-safe:
// use it while the transaction mutex of the SqliteFile is held. The kernel releases the lock of a process that dies.
class WaitingWriters {
 public:
  // Tells the other processes that this one waits. Repeat it: it fails while another process is in hasOthers().
  void announce(const std::filesystem::path& folder);
  // This process waits no longer. Does nothing if it had not announced that it waits.
  void withdraw();
  // Whether another process waits. Two system calls.
  bool hasOthers(const std::filesystem::path& folder);
  // Sleeps while another process waits, 3 ms at most.
  void letOthersGoFirst(const std::filesystem::path& folder);

 private:
  bool open(const std::filesystem::path& folder);

  base::UniqueFd folder_;
  bool announced_ = false;
};

}  // namespace leptir::sqlite
