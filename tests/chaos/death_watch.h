// Watches the processes that a ledger names, and notes when each was last alive.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"
#include "tests/chaos/ledger.h"

namespace leptir::chaos {

class DeathWatch {
 public:
  explicit DeathWatch(std::filesystem::path ledger);
  ~DeathWatch();
  DeathWatch(const DeathWatch&) = delete;
  DeathWatch& operator=(const DeathWatch&) = delete;

  // For each dead process: when it was last seen alive, in ns of CLOCK_BOOTTIME. It died at most a few milliseconds
  // later; a run that began before this time overlaps with its last run.
  std::map<pid_t, std::int64_t> lastSeenAlive();

 private:
  void work(const std::stop_token& stop);
  void readNewLines();
  void lookForDeaths();
  void watch(const LedgerLine& line);

  struct Watched {
    base::UniqueFd process;
    std::int64_t alive = 0;
  };

  const std::filesystem::path ledger_;
  std::streamoff read_ = 0;
  std::mutex mutex_;
  std::map<pid_t, Watched> watched_;
  std::map<pid_t, std::int64_t> dead_;
  std::jthread thread_;
};

}  // namespace leptir::chaos
