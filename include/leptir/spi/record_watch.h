// RecordWatch: how a process that waits for the end of tasks learns that records were saved in a meta storage. A store
// that cannot wake anyone has none; then the records are looked at from time to time.
#pragma once

#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/wake.h"

namespace leptir {

// What ended a wait. All fields empty: the time has passed.
struct RecordNews {
  bool isWoken = false;            // the caller's Wake was rung
  bool hasUnknownIds = false;      // records were saved, but the store does not say which
  std::vector<std::string> ids{};  // tasks whose records were saved, also tasks that the caller does not know
};

// One thread at a time. Made by SimpleMetaStorage::watchRecords, with a connection of its own, so that the storage can
// be used meanwhile. The destructor leaves nothing behind in the store; of a process that was killed nothing stays
// longer than some seconds, or until the next record is saved.
class RecordWatch {
 public:
  virtual ~RecordWatch() = default;

  // Waits until records of tasks that are over were saved since the watch was made or the last wait ended, `longest`
  // has passed, or `wake` was rung. News may be lost (a full buffer, a process that stood still), so callers also look
  // at the records from time to time. After an error the watch is of no use any more: make a new one.
  virtual Result<RecordNews> wait(Duration longest, Wake& wake) = 0;

  // No thread waits for now, so saving should cost nothing. The first wait() after a pause registers again, and returns
  // at once with `hasUnknownIds` if records may have been saved unnoticed. The default does nothing.
  virtual void suspend() {}
};

}  // namespace leptir
