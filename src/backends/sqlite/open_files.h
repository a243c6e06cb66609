// The files that a connection works on: the database and, beside it, -wal and -shm, through which the connections of
// all processes find each other's commits. When one of their paths names another file than it did, other processes work
// on other files: what is committed here is lost, and what is checkpointed here overwrites what they committed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backends/sqlite/file_place.h"
#include "leptir/result.h"

namespace leptir {

class OpenFiles {
 public:
  enum class Log { IsKept, IsUnused };  // whether the database has -wal and -shm
  enum class State { AsOpened, Replaced, Emptied };

  OpenFiles() = default;  // of a connection that has noted nothing yet: Replaced
  bool areNoted() const { return !files_.empty(); }

  // Notes what the paths name now. With Log::IsKept: once the connection has read, since SQLite makes and opens -wal
  // and -shm for the first read and keeps both until the connection is closed. Unavailable: a file is missing, or is
  // not the one that this process has open.
  static Result<OpenFiles> note(const std::filesystem::path& database, Log log);

  // Three system calls. A path that cannot be looked at just now counts as unchanged.
  State look() const;

  const FilePlace& database() const { return files_.front().place; }

 private:
  struct Watched {
    std::string path;
    FilePlace place;
  };

  std::vector<Watched> files_;  // the database first
  bool wasEmpty_ = false;       // the database, when it was noted
};

}  // namespace leptir
