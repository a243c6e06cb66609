#include "folder_store.h"

#include "folder_pushes.h"

namespace folder {

FolderStore::FolderStore(std::filesystem::path path, const leptir::Clock& clock, Durability durability)
    : path_(std::move(path)),
      clock_(clock),
      durability_(durability),
      tasks(path_ / "tasks", kTaskExtension, path_ / "damaged"),
      sessions(path_ / "sessions", ".session", path_ / "damaged"),
      numbers(path_, clock_) {}

Result<void> FolderStore::make() const {
  for (const auto* folder : {"tasks", "sessions", "pushes", "incoming"}) {
    if (auto made = makeFolder(path_ / folder); !made) return made;
  }
  return {};
}

Result<FolderLock> FolderStore::begin() {
  auto lock = FolderLock::take(path_);
  if (!lock) return lock.error();
  if (auto done = FolderPushes(*this).finishOthers(); !done) return done.error();
  return lock;
}

std::vector<std::string> FolderStore::takeNotices() {
  auto notices = tasks.takeNotices();
  for (auto& notice : sessions.takeNotices()) notices.push_back(std::move(notice));
  return notices;
}

}  // namespace folder
