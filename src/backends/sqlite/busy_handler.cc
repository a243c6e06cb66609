#include "backends/sqlite/busy_handler.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

namespace leptir::sqlite {
namespace {

constexpr std::chrono::microseconds kFirstSleep{50};
constexpr std::chrono::microseconds kLaterSleeps{200};
// Measured by the clock: on a loaded machine each sleep lasts several times as long as asked for.
constexpr Duration kMaxWait = std::chrono::seconds(5);
// After this many retries (2 ms) other processes are told that this one waits.
constexpr int kRetriesBeforeAnnouncingWait = 10;

}  // namespace

void BusyHandler::installOn(sqlite3* handle) {
  sqlite3_busy_handler(handle, &onBusy, this);
}

void BusyHandler::stopAnnouncingWait() {
  mayAnnounceWait_ = false;
  file_.waiting.withdraw();
}

Duration BusyHandler::longestWait() const {
  switch (patience_) {
    case Patience::WhileOpening:
      return kMaxWait / kMaxOpenAttempts;
    case Patience::ForStatements:
      return kMaxWait;
    case Patience::None:
      break;
  }
  return Duration::zero();
}

// `count`: how often the lock was refused before.
bool BusyHandler::shouldRetry(int count) {
  const auto now = systemClock().bootTime();
  if (count == 0) waitsSince_ = now;
  return now - waitsSince_ < longestWait();
}

int BusyHandler::onBusy(void* self, int count) {
  auto& handler = *static_cast<BusyHandler*>(self);
  if (!handler.shouldRetry(count)) return 0;
  if (count >= kRetriesBeforeAnnouncingWait && handler.mayAnnounceWait_) {
    handler.file_.waiting.announce(handler.file_.folder());
  }
  std::this_thread::sleep_for(count == 0 ? kFirstSleep : kLaterSleeps);
  return 1;
}

}  // namespace leptir::sqlite
