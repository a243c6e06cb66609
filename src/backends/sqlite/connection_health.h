// Whether a connection may still be used. Not after an I/O error, when the database was emptied, or when a path (also
// of -wal or -shm) names another file or none: then its commits could be lost, or overwrite those of other processes.
#pragma once

#include <atomic>

#include "backends/sqlite/database_files.h"
#include "backends/sqlite/sqlite_file.h"
#include "leptir/clock.h"

namespace leptir::sqlite {

// One thread at a time; isBroken() any thread. A connection that is broken once stays broken.
class ConnectionHealth {
 public:
  enum class When { Now, AboutOnceASecond };

  ConnectionHealth(const SqliteFile& file, DatabaseFiles opened, const Clock& clock)
      : file_(file), files_(std::move(opened)), clock_(clock) {}

  // Compares the paths with the files that were opened. Costs a few system calls.
  void checkFiles(When when);
  // To be called after an I/O error. Answers whether replaced or emptied files explain it: then error() says so.
  bool noteIoError();

  bool isBroken() const { return broken_; }
  Error error() const;
  // Identity of the open database file; its path may name another file by now.
  const base::FileIdentity& database() const { return files_.database(); }

 private:
  const SqliteFile& file_;
  DatabaseFiles files_;
  const Clock& clock_;
  BootTime nextCheck_{};
  std::atomic<bool> broken_ = false;
  const char* whyBroken_ = "";
};

}  // namespace leptir::sqlite
