// For actions that must not run twice at once, whatever their selections, since these may overlap: a lock in the fleet
// store, which names the process that holds it.
#pragma once

#include <cstddef>
#include <string>

#include "leptir/operations/task_action.h"
#include "operations/stores.h"

namespace leptir::operations {

// How long an action of another process counts as running after its last slice.
inline constexpr Duration kBulkLockLifetime = std::chrono::seconds(10);

class BulkLock {
 public:
  BulkLock(Stores& stores, std::size_t broker, TaskAction::Kind kind);

  // Takes over the lock of a process that has died, if it was one of this machine and of the same namespace of
  // processes (not of another container). Lost: another process does the same now; the message names it.
  Result<void> lock();
  // To be called after each slice, so that the lock does not expire. Lost: another process has taken the lock over.
  Result<void> prolong();
  Result<void> unlock();

 private:
  Result<std::string> holder();
  Error lostTo(const std::string& holder) const;

  Stores& stores_;
  const std::size_t broker_;
  const std::string key_;
  const std::string ownLock_;  // the text of a lock that this object holds
};

}  // namespace leptir::operations
