#include "folder_pushes.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace folder {
namespace {

namespace fs = std::filesystem;

// In bytes. A task with a longer id is no valid task; leptir buries it.
constexpr std::size_t kMaxIdBytes = 255;

std::int64_t timeOfFile(const fs::path& file, Time now) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return microsOf(now);
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000;
}

// The id in an envelope; empty if the bytes are no envelope with a valid one.
std::string idIn(const std::string& envelope) {
  const auto json = leptir::parseJson(envelope);
  const Json::json_pointer kId("/td/id");
  if (!json || !json->is_object() || !json->contains(kId)) return {};
  const auto& id = json->at(kId);
  const auto* text = id.get_ptr<const std::string*>();
  return text != nullptr && text->size() <= kMaxIdBytes ? *text : std::string();
}

}  // namespace

Result<void> FolderPushes::push(std::span<const leptir::EncodedTask> tasks) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto added = newTasksOf(tasks);
  if (!added) return added.error();
  if (added->empty()) return {};
  if (auto written = write(*added); !written) return written;
  static_cast<void>(moveToQueue());  // the push counts already: what cannot be moved now, the next operation moves
  return {};
}

// The tasks of the list that are not in the queue yet; each id once.
Result<std::vector<StoredTask>> FolderPushes::newTasksOf(std::span<const leptir::EncodedTask> tasks) {
  auto number = store_.numbers.take(tasks.size() + 1);
  if (!number) return number.error();
  std::vector<StoredTask> added;
  std::set<std::string_view> ids;
  for (const auto& task : tasks) {
    const auto known = store_.tasks.find(task.id);
    if (!known) return known.error();
    if (*known || !ids.insert(task.id).second) continue;
    StoredTask stored{.id = task.id, .number = ++*number, .body = task.envelope};
    stored.due = microsOf(task.timeOfExecution.value_or(store_.now()));
    setCounters(stored, task.counters);
    added.push_back(std::move(stored));
  }
  return added;
}

Result<void> FolderPushes::write(const std::vector<StoredTask>& tasks) {
  const auto pushes = store_.path() / "pushes", fresh = pushes / "new";
  std::error_code error;
  fs::remove_all(fresh, error);  // of a process that died before its push was whole
  if (error) return Error(ErrorCode::Unavailable, fresh.string() + ": " + error.message());
  for (const auto& task : tasks) {
    const auto file = fresh / pathOfKey(task.id, FolderStore::kTaskExtension);
    if (auto written = writeFile(file, contentOf(task), store_.durability()); !written) return written;
  }
  if (auto synced = syncNames(fresh); !synced) return synced;
  if (auto moved = moveFile(fresh, pushes / "whole"); !moved) return moved;
  return syncNames(pushes);
}

Result<void> FolderPushes::moveToQueue() {
  const auto whole = store_.path() / "pushes" / "whole", queue = store_.path() / "tasks";
  auto files = filesBelow(whole, FolderStore::kTaskExtension);
  if (!files) return files.error();
  for (const auto& file : *files) {
    const auto target = queue / file.lexically_relative(whole);
    if (auto moved = moveFile(file, target); !moved) return moved;
  }
  if (auto synced = syncNames(queue); !synced) return synced;
  std::error_code error;
  fs::remove_all(whole, error);
  return error ? Error(ErrorCode::Unavailable, whole.string() + ": " + error.message()) : Result<void>();
}

// Nothing to do for a broker whose pushes need not survive a power cut.
Result<void> FolderPushes::syncNames(const fs::path& folder) const {
  return store_.durability() == Durability::PowerCut ? syncFolders(folder) : Result<void>();
}

Result<void> FolderPushes::finishOthers() {
  std::error_code error;
  if (fs::exists(store_.path() / "pushes" / "whole", error)) {
    if (auto moved = moveToQueue(); !moved) return moved;
  }
  if (error) return Error(ErrorCode::Unavailable, store_.path().string() + ": " + error.message());
  return takeIncoming();
}

// In the order of their times.
Result<void> FolderPushes::takeIncoming() {
  auto files = filesBelow(store_.path() / "incoming", FolderStore::kTaskExtension);
  if (!files) return files.error();
  std::ranges::sort(*files, {},
                    [&](const fs::path& file) { return std::pair(timeOfFile(file, store_.now()), file.string()); });
  for (const auto& file : *files) {
    if (auto taken = takeIncomingFile(file); !taken) return taken;
  }
  return {};
}

// The bytes may be no envelope. A task without an id gets one, so that it can be found and buried. If this process dies
// before the last step, the next one takes the file again: under the same id where the envelope has one.
Result<void> FolderPushes::takeIncomingFile(const fs::path& file) {
  auto envelope = readFile(file);
  if (!envelope) return store_.tasks.setAside(file, envelope.error().message());
  if (!*envelope) return {};  // its owner took it back
  const auto number = store_.numbers.take();
  if (!number) return number.error();
  StoredTask task{.id = idIn(**envelope), .number = *number, .due = timeOfFile(file, store_.now())};
  if (task.id.empty()) task.id = "incoming-" + std::to_string(*number);
  task.body = std::move(**envelope);
  const auto known = store_.tasks.find(task.id);
  if (!known) return known.error();
  if (!*known) {
    if (auto saved = store_.tasks.save(task, store_.durability()); !saved) return saved;
    if (auto synced = syncNames(store_.path() / "tasks"); !synced) return synced;
  }
  return removeFile(file);
}

}  // namespace folder
