#include "folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace folder {

FolderWatch::FolderWatch(const std::filesystem::path& folder) : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (descriptor_ < 0) return;
  const bool isWatching = ::inotify_add_watch(descriptor_, folder.c_str(), IN_MOVED_TO) >= 0 &&
                          ::inotify_add_watch(descriptor_, (folder / "incoming").c_str(), IN_MOVED_TO) >= 0;
  if (isWatching) return;
  ::close(descriptor_);
  descriptor_ = -1;
}

FolderWatch::~FolderWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FolderWatch::clear() const {
  char events[4096];
  while (descriptor_ >= 0 && ::read(descriptor_, events, sizeof events) > 0) continue;
}

}  // namespace folder
