#include "tests/chaos/death_watch.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <vector>

#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

constexpr std::chrono::milliseconds kRest{2};

// Whether the pid belongs to a process that began after `bootNs`: pids are used again. Both times count from boot.
bool beganAfter(pid_t pid, std::int64_t bootNs) {
  const auto ticks = readProcess(pid).startedTicks;
  return ticks * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)) > bootNs;
}

}  // namespace

DeathWatch::DeathWatch(std::filesystem::path ledger)
    : ledger_(std::move(ledger)), thread_([this](const std::stop_token& stop) { work(stop); }) {}

DeathWatch::~DeathWatch() = default;

void DeathWatch::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      readNewLines();
      lookForDeaths();
    }
    std::this_thread::sleep_for(kRest);
  }
}

std::map<pid_t, std::int64_t> DeathWatch::lastSeenAlive() {
  const std::lock_guard lock(mutex_);
  readNewLines();
  lookForDeaths();
  return dead_;
}

void DeathWatch::readNewLines() {
  std::ifstream stream(ledger_);
  stream.seekg(read_);
  for (std::string text; std::getline(stream, text) && !stream.eof();) {
    read_ += static_cast<std::streamoff>(text.size()) + 1;
    if (const auto line = parseLedgerLine(text)) watch(*line);
  }
}

void DeathWatch::watch(const LedgerLine& line) {
  if (const auto known = watched_.find(line.pid); known != watched_.end()) {
    known->second.alive = std::max(known->second.alive, line.bootNs);
    return;
  }
  base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, line.pid, 0)));
  if (!process || beganAfter(line.pid, line.bootNs)) {
    dead_[line.pid] = std::max(dead_[line.pid], line.bootNs);
    return;
  }
  watched_.emplace(line.pid, Watched{std::move(process), line.bootNs});
}

void DeathWatch::lookForDeaths() {
  std::vector<pollfd> polled;
  std::vector<pid_t> pids;
  for (const auto& [pid, watched] : watched_) {
    polled.push_back({watched.process.get(), POLLIN, 0});
    pids.push_back(pid);
  }
  const auto now = bootNsNow();  // a process that is alive after the poll was alive at this time
  ::poll(polled.data(), polled.size(), 0);
  for (std::size_t i = 0; i < polled.size(); ++i) {
    auto& watched = watched_.at(pids[i]);
    if (polled[i].revents == 0) {
      watched.alive = std::max(watched.alive, now);
    } else {
      dead_[pids[i]] = watched.alive;
      watched_.erase(pids[i]);
    }
  }
}

}  // namespace leptir::chaos
