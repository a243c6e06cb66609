// How long a connection waits for a lock that another process holds. Used instead of sqlite3_busy_timeout, which sleeps
// up to 100 ms at a time: leptir's writers hold the lock briefly.
#pragma once

#include "backends/sqlite/sqlite_file.h"
#include "leptir/clock.h"

struct sqlite3;

namespace leptir::sqlite {

// One thread at a time. Keep it at one address while the connection is open.
class BusyHandler {
 public:
  // Opening is tried several times, and all its attempts together wait as long as one statement does.
  enum class Patience { WhileOpening, ForStatements, None };

  explicit BusyHandler(SqliteFile& file) : file_(file) {}
  BusyHandler(const BusyHandler&) = delete;
  BusyHandler& operator=(const BusyHandler&) = delete;

  static constexpr int kMaxOpenAttempts = 5;

  void installOn(sqlite3* handle);
  void setPatience(Patience patience) { patience_ = patience; }

  // Between these two, while a transaction begins, other processes are told that this one waits (WaitingWriters).
  void allowAnnouncingWait() { mayAnnounceWait_ = true; }
  void stopAnnouncingWait();

 private:
  static int onBusy(void* self, int count);
  bool shouldRetry(int count);
  Duration longestWait() const;

  SqliteFile& file_;
  Patience patience_ = Patience::WhileOpening;
  bool mayAnnounceWait_ = false;
  BootTime waitsSince_{};  // when the lock that is waited for now was first refused
};

}  // namespace leptir::sqlite
