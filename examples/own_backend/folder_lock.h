// The lock of a store, which makes each operation atomic among all processes and threads that use the store: "two
// sessions never have a lease on the same task" (broker_session.h).
#pragma once

#include <filesystem>
#include <utility>

#include "files.h"

namespace folder {

class FolderLock {
 public:
  // Waits for the lock, which is held for the time of one operation only. Unavailable: the lock file cannot be opened
  // or locked; the operation must not go on without it.
  static Result<FolderLock> take(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace folder
