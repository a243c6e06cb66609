// Tells a waiting session that the store has changed: "a push by another process ends a wait in popBrokerTasks"
// (BrokerTraits::wakesWaiters). Each operation that may make a task due replaces the file of Numbers, and inotify
// reports that; it also reports files in incoming/.
#pragma once

#include <filesystem>

namespace folder {

// One thread.
class FolderWatch {
 public:
  explicit FolderWatch(const std::filesystem::path& folder);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Readable after a change. -1: the machine has no inotify instance left; a session then looks now and then.
  int descriptor() const { return descriptor_; }
  // Forgets the changes so far. Call it before looking into the store, so that no later change is missed.
  void clear() const;

 private:
  int descriptor_;
};

}  // namespace folder
