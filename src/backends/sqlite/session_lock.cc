#include "backends/sqlite/session_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <system_error>

#include "base/unique_fd.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr auto kYoung = 1h;

}  // namespace

bool isSessionLockHeld(const std::filesystem::path& file) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  // Shared, so that two who look at once do not take each other for the holder. Closing lets go of it.
  return descriptor && ::flock(descriptor.get(), LOCK_SH | LOCK_NB) != 0;
}

void removeStaleSessionLocks(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".lock") continue;
    const auto written = entry.last_write_time(error);
    const bool young = error || std::filesystem::file_time_type::clock::now() - written < kYoung;
    if (!young && !isSessionLockHeld(entry.path())) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace leptir
