#include "operations/slice_changer.h"

#include "operations/cancel_notes.h"
#include "operations/cancelled_tasks.h"

namespace leptir::operations {
namespace {

std::vector<std::string> idsOf(const std::vector<FoundTask>& tasks) {
  std::vector<std::string> ids;
  ids.reserve(tasks.size());
  for (const auto& task : tasks) ids.push_back(task.id);
  return ids;
}

}  // namespace

Result<void> SliceChanger::change(const std::vector<FoundTask>& tasks, SliceResult& done) {
  if (tasks.empty()) return {};
  if (action_.kind == TaskAction::Kind::Cancel) return cancel(tasks, done);
  const auto changed = changeAtBroker(idsOf(tasks));
  if (!changed) return changed.error();
  done.changed += *changed;
  return {};
}

Result<std::size_t> SliceChanger::changeAtBroker(const std::vector<std::string>& ids) {
  return askBroker(stores_, broker_, [&](SimpleBroker& broker) -> Result<std::size_t> {
    auto& keeper = broker.keeper();
    switch (action_.kind) {
      case TaskAction::Kind::Revive:
        return keeper.revive(ids);
      case TaskAction::Kind::RunNow:
        return keeper.reschedule(ids, {});
      case TaskAction::Kind::Reschedule:
        return keeper.reschedule(ids, action_.due);
      default:
        return keeper.removeMany(ids);
    }
  });
}

// The note stays where this returns an error, so that a later call saves the records of what was removed.
Result<void> SliceChanger::cancel(const std::vector<FoundTask>& tasks, SliceResult& done) {
  if (tasks.front().state == TaskState::Buried) return remove(tasks, done);  // the record says why the task failed
  if (auto ready = checkRecordsCanBeSaved(stores_, tasks.front().id); !ready) return ready;
  const auto note = writeCancelNote(stores_, broker_, tasks);
  if (!note) return note.error();
  auto cancelled = tasks.front().state == TaskState::Leased ? requestCancels(stores_, broker_, tasks, done)
                                                            : removeAndRecord(tasks, done);
  // A note that cannot be erased now is harmless: a later cancel finds the records there.
  if (cancelled) static_cast<void>(eraseCancelNote(stores_, broker_, *note));
  return cancelled;
}

Result<void> SliceChanger::remove(const std::vector<FoundTask>& tasks, SliceResult& done) {
  const auto removed = changeAtBroker(idsOf(tasks));
  if (!removed) return removed.error();
  done.changed += *removed;
  return {};
}

Result<void> SliceChanger::removeAndRecord(const std::vector<FoundTask>& tasks, SliceResult& done) {
  const auto removed = changeAtBroker(idsOf(tasks));
  if (!removed) return removed.error();
  done.changed += *removed;
  return finishCancels(stores_, broker_, tasks, *removed, done);
}

}  // namespace leptir::operations
