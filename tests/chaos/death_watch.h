// Sees the processes that stand in a ledger die, whoever kills them.
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

  // For each process that is dead: when it was seen alive for the last time, in ns of CLOCK_BOOTTIME. It died some
  // milliseconds later at the most, and what ran before this moment ran beside it.
  std::map<pid_t, std::int64_t> lastSeenAlive();

 private:
  void work(const std::stop_token& stop);
  void readNewLines();
  void lookForDeaths();
  void watch(const LedgerLine& line);

  struct Watched {
    UniqueFd process;
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
