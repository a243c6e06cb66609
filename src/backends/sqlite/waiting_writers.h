// Lets the processes that write one database take turns. SQLite's lock has no queue: a process that commits and begins
// again at once wins nearly always against one that looks for the lock every 200 microseconds. On a busy disk a push
// waited for 5 seconds and failed, while three other processes pushed on.
#pragma once

#include <filesystem>

#include "base/unique_fd.h"

namespace leptir {

// A process that waits holds a shared lock (flock) on the folder beside the database; a process that is about to begin
// sees it and lets the others go first. Where the folder cannot be opened, no waiting process is seen. Not thread-safe:
// used within the turn of SqliteFile. The kernel ends the lock of a process that dies.
class WaitingWriters {
 public:
  // Tells the others that this process waits. To be repeated: it fails while another process looks.
  void announce(const std::filesystem::path& folder);
  // It waits no longer; also where it had not announced it.
  void withdraw();
  // Whether another process waits. Two system calls.
  bool hasOthers(const std::filesystem::path& folder);
  // Sleeps while another process waits, 3 ms at most.
  void letOthersGoFirst(const std::filesystem::path& folder);

 private:
  bool open(const std::filesystem::path& folder);

  UniqueFd folder_;
  bool announced_ = false;
};

}  // namespace leptir
