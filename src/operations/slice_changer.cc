#include "operations/slice_changer.h"

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
  const auto changed = ask(idsOf(tasks));
  if (!changed) return changed.error();
  done.changed += *changed;
  return {};
}

Result<std::size_t> SliceChanger::ask(const std::vector<std::string>& ids) {
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
        return keeper.removeAll(ids);
    }
  });
}

Result<void> SliceChanger::cancel(const std::vector<FoundTask>& tasks, SliceResult& done) {
  if (tasks.front().state == TaskState::Leased) return requestCancels(stores_, broker_, tasks, done);
  const auto removed = ask(idsOf(tasks));
  if (!removed) return removed.error();
  done.changed += *removed;
  if (tasks.front().state == TaskState::Buried) return {};  // the record says why the task failed, and stays
  return finishCancels(stores_, broker_, tasks, *removed, done);
}

}  // namespace leptir::operations
