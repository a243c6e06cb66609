#include "backends/sqlite/waiting_writers.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace leptir::sqlite {
namespace {

// A waiting process polls the database's lock every 200 us, less often when the processors are busy.
constexpr std::chrono::milliseconds kPauseForOthers{1};
constexpr int kMaxPausesForOthers = 3;

}  // namespace

bool WaitingWriters::open(const std::filesystem::path& folder) {
  if (!folder_) folder_ = base::UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return static_cast<bool>(folder_);
}

void WaitingWriters::announce(const std::filesystem::path& folder) {
  announced_ = announced_ || (open(folder) && ::flock(folder_.get(), LOCK_SH | LOCK_NB) == 0);
}

void WaitingWriters::withdraw() {
  if (std::exchange(announced_, false)) ::flock(folder_.get(), LOCK_UN);
}

bool WaitingWriters::hasOthers(const std::filesystem::path& folder) {
  if (!open(folder)) return false;
  if (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(folder_.get(), LOCK_UN);
  return false;
}

void WaitingWriters::letOthersGoFirst(const std::filesystem::path& folder) {
  for (int i = 0; i < kMaxPausesForOthers && hasOthers(folder); ++i) std::this_thread::sleep_for(kPauseForOthers);
}

}  // namespace leptir::sqlite
