// The numbers of a store: each is larger than all before, and at least the time in microseconds.
//
// Leases need that: "the larger of the store's clock in microseconds and the previous lease number + 1" (LeaseId). The
// order of pushes, burials and saved records uses the same numbers.
#pragma once

#include <cstdint>
#include <filesystem>

#include "files.h"
#include "leptir/clock.h"

namespace folder {

// Used while the lock of the store is held.
class Numbers {
 public:
  // Both must outlive the object.
  Numbers(const std::filesystem::path& folder, const leptir::Clock& clock) : folder_(folder), clock_(clock) {}

  // The first of `count` new numbers. The file of the last number is replaced, which also tells waiting sessions that
  // the store has changed (FolderWatch).
  Result<std::uint64_t> take(std::uint64_t count = 1) const;

  static constexpr const char* kFile = "number";

 private:
  const std::filesystem::path& folder_;
  const leptir::Clock& clock_;
};

}  // namespace folder
