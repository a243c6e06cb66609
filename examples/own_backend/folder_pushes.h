// Pushes: "adds all tasks or none", and "after success the tasks survive a crash of this process" (simple_broker.h).
//
// A push is written into the folder pushes/new, which the queue does not look into. Renaming that folder to
// pushes/whole is the one step that makes all its tasks part of the queue. Then its files move to tasks/; if this
// process dies meanwhile, the next operation of any process moves the rest.
#pragma once

#include <span>

#include "folder_store.h"
#include "leptir/spi/encoded_task.h"

namespace folder {

class FolderPushes {
 public:
  explicit FolderPushes(FolderStore& store) : store_(store) {}

  // A task whose id is in the queue already, or is buried, is not added again.
  Result<void> push(std::span<const leptir::EncodedTask> tasks);

  // Called with the lock held. Finishes a push whose process died, and takes in what other programs put into incoming/:
  // each file there is an envelope, due at the time of the file. (They write it under another name and rename it to one
  // that ends in .task.)
  Result<void> finishOthers();

 private:
  Result<std::vector<StoredTask>> newTasksOf(std::span<const leptir::EncodedTask> tasks);
  Result<void> write(const std::vector<StoredTask>& tasks);
  Result<void> moveToQueue();
  Result<void> syncNames(const std::filesystem::path& folder) const;
  Result<void> takeIncoming();
  Result<void> takeIncomingFile(const std::filesystem::path& file);

  FolderStore& store_;
};

}  // namespace folder
