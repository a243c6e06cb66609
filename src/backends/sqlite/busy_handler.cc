#include "backends/sqlite/busy_handler.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

namespace leptir::sqlite {
namespace {

constexpr std::chrono::microseconds kFirstSleep{50};
constexpr std::chrono::microseconds kLaterSleeps{200};
// About five seconds.
constexpr int kMaxRetries = 20'000;
// After this many retries (2 ms) other processes are told that this one waits.
constexpr int kRetriesBeforeAnnouncing = 10;

}  // namespace

void BusyHandler::installOn(sqlite3* handle) {
  sqlite3_busy_handler(handle, &onBusy, this);
}

void BusyHandler::endAnnouncing() {
  mayAnnounce_ = false;
  file_.waiting.withdraw();
}

int BusyHandler::maxRetries() const {
  switch (patience_) {
    case Patience::WhileOpening:
      return kMaxRetries / kMaxOpenAttempts;
    case Patience::ForStatements:
      return kMaxRetries;
    case Patience::None:
      break;
  }
  return 0;
}

int BusyHandler::onBusy(void* self, int count) {
  auto& handler = *static_cast<BusyHandler*>(self);
  if (count >= handler.maxRetries()) return 0;
  if (count >= kRetriesBeforeAnnouncing && handler.mayAnnounce_) {
    handler.file_.waiting.announce(handler.file_.folder());
  }
  std::this_thread::sleep_for(count == 0 ? kFirstSleep : kLaterSleeps);
  return 1;
}

}  // namespace leptir::sqlite
