// One queue: a folder on a local disk with
//
//   tasks/     a file for each task                       sessions/  a file for each instance
//   pushes/    a push that is being written               incoming/  envelopes that other programs put there
//   damaged/   files that were set aside                  lock, number
//
// FolderStore is what the parts of the backend share: FolderPushes, FolderSessions, FolderLeases and FolderKeeper hold
// the rules.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "folder_lock.h"
#include "leptir/clock.h"
#include "numbers.h"
#include "stored_files.h"

namespace folder {

// One thread at a time, as leptir uses a broker. Other threads and processes have objects of their own.
class FolderStore {
 public:
  // `clock` must outlive the object; `durability` is that of pushes.
  FolderStore(std::filesystem::path path, const leptir::Clock& clock, Durability durability);

  // Makes what is missing of the folder; errors as makeFolder.
  Result<void> make() const;

  // Begins an operation: takes the lock, which the caller holds until the operation is done, and finishes what another
  // process left undone. Every function of the backend that touches the store calls it first.
  Result<FolderLock> begin();

  Time now() const { return clock_.now(); }
  const std::filesystem::path& path() const { return path_; }
  Durability durability() const { return durability_; }
  // As SimpleBroker::takeNotices.
  std::vector<std::string> takeNotices();

  static constexpr const char* kTaskExtension = ".task";

 private:
  const std::filesystem::path path_;
  const leptir::Clock& clock_;
  const Durability durability_;

 public:
  StoredFiles<StoredTask> tasks;
  StoredFiles<StoredSession> sessions;
  const Numbers numbers;
};

}  // namespace folder
