#include "backends/sqlite/connection_health.h"

#include <chrono>

namespace leptir::sqlite {
namespace {

constexpr auto kIoErrorMessage = "an I/O error on the file or its disk; leptir opens the file again";
constexpr auto kReplacedMessage =
    "the file was removed or replaced while it was open (or its -wal or -shm), so writes to it would be lost; leptir "
    "opens the path again";
constexpr auto kEmptiedMessage =
    "the database file was emptied while it was open; leptir opens it again. Find out which program empties it";

}  // namespace

void ConnectionHealth::checkFiles(When when) {
  const auto now = clock_.bootTime();
  if (broken_ || (when == When::AboutOnceASecond && now < nextCheck_)) return;
  nextCheck_ = now + std::chrono::seconds(1);
  const auto found = files_.check();
  if (found == DatabaseFiles::State::AsOpened) return;
  whyBroken_ = found == DatabaseFiles::State::Emptied ? kEmptiedMessage : kReplacedMessage;
  broken_ = true;
}

bool ConnectionHealth::noteIoError() {
  if (broken_) return false;  // the error before this one said why
  checkFiles(When::Now);
  if (broken_) return true;
  whyBroken_ = kIoErrorMessage;
  broken_ = true;
  return false;
}

Error ConnectionHealth::error() const {
  return Error(ErrorCode::Unavailable, file_.where() + ": " + whyBroken_);
}

}  // namespace leptir::sqlite
