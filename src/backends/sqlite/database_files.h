// The files that a connection has open: the database, and -wal and -shm beside it, through which the connections of all
// processes find each other's commits. If one of the paths names another file than before, other processes work on
// other files: commits of this connection are lost, and its checkpoints overwrite the commits of the others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_identity.h"
#include "leptir/result.h"

namespace leptir::sqlite {

class DatabaseFiles {
 public:
  enum class WalFiles { Present, Absent };  // whether the database has -wal and -shm
  enum class State { AsOpened, Replaced, Emptied };

  DatabaseFiles() = default;  // nothing is noted yet: check() answers Replaced
  bool areNoted() const { return !files_.empty(); }

  // Notes which files the paths name now. With WalFiles::Present, call it after the connection's first read: SQLite
  // makes and opens -wal and -shm then, and keeps both open until the connection is closed. Unavailable: a file is
  // missing, or is not the one that this process has open.
  static Result<DatabaseFiles> note(const std::filesystem::path& database, WalFiles log);

  // Compares the paths with the noted files, in three system calls. A path for which stat() fails counts as unchanged,
  // unless the file does not exist.
  State check() const;

  const base::FileIdentity& database() const { return files_.front().identity; }

 private:
  struct Watched {
    std::string path;
    base::FileIdentity identity;
  };

  std::vector<Watched> files_;  // the database first
  bool wasEmpty_ = false;       // whether the database was empty when it was noted
};

}  // namespace leptir::sqlite
