#include "operations/cancelled_tasks.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "base/host_name.h"
#include "leptir/task_record.h"
#include "settlement/record_history.h"
#include "settlement/settlement.h"

namespace leptir::operations {
namespace {

// The records that a dispatcher would save for cancelled tasks, with their earlier runs as history.
std::vector<MetaInfo> recordsOf(const Stores& stores, const std::vector<const FoundTask*>& tasks) {
  const auto now = stores.clock->now();
  const settlement::RecordAuthor author{.host = base::hostName(), .pid = ::getpid()};
  std::vector<MetaInfo> records;
  records.reserve(tasks.size());
  for (const auto* task : tasks) {
    auto settled =
        settlement::settlementOfCancelled(settlement::asHeldTask(*task, now), task->envelope, stores.by, now, author);
    if (settled.record) records.push_back(std::move(*settled.record));
  }
  return records;
}

Result<void> saveRecords(Stores& stores, const std::vector<const FoundTask*>& tasks) {
  if (tasks.empty()) return {};
  Result<void> saved;
  auto& storages = stores.storagesToSaveIn();
  const auto records = recordsOf(stores, tasks);
  for (std::size_t i = 0; i < storages.size(); ++i) {
    auto copies = records;  // each storage adds the history that it has
    auto here = askStorage(storages, i,
                           [&](SimpleMetaStorage& storage) { return settlement::saveWithHistory(storage, copies); });
    if (!here && saved) saved = here.error().in("the tasks are cancelled, but not all their records are saved");
  }
  return saved;
}

std::vector<const FoundTask*> pointersTo(const std::vector<FoundTask>& tasks) {
  std::vector<const FoundTask*> pointers;
  for (const auto& task : tasks) pointers.push_back(&task);
  return pointers;
}

// Cancels one task as it stands now. Lost and NotFound: it has ended meanwhile, which is no error.
Result<void> cancelOne(Stores& stores, std::size_t broker, const FoundTask& task, SliceResult& done) {
  const auto cancelled =
      askBroker(stores, broker, [&](SimpleBroker& store) { return store.keeper().cancel(task.id, stores.by); });
  if (!cancelled && isMissing(cancelled.error())) return {};
  if (!cancelled) return cancelled.error();
  ++done.changed;
  if (*cancelled == CancelResult::Requested) ++done.requested;
  return *cancelled == CancelResult::Removed ? saveRecords(stores, {&task}) : Result<void>();
}

// Whether the task has ended by itself since it was listed: its record must stay.
bool hasEnded(const std::optional<Json>& record, const FoundTask& task) {
  if (!record || !isOver(*record)) return false;
  const auto lease = record->value("lease", Json());
  const auto listedSince = task.due.time_since_epoch().count();
  return !lease.is_number_integer() || lease.get<std::int64_t>() >= listedSince;
}

}  // namespace

Result<void> requestCancels(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks,
                            SliceResult& done) {
  for (const auto& task : tasks) {
    if (auto cancelled = cancelOne(stores, broker, task, done); !cancelled) return cancelled;
  }
  return {};
}

Result<void> finishCancels(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks, std::size_t removed,
                           SliceResult& done) {
  if (removed == tasks.size()) return saveRecords(stores, pointersTo(tasks));
  std::vector<std::string> goneIds;
  std::vector<const FoundTask*> gone;
  for (const auto& task : tasks) {
    const auto now = askBroker(stores, broker, [&](SimpleBroker& store) { return store.keeper().find(task.id); });
    if (!now && !isMissing(now.error())) return now.error();
    if (now) {
      if (auto cancelled = cancelOne(stores, broker, *now, done); !cancelled) return cancelled;
      continue;
    }
    gone.push_back(&task);
    goneIds.push_back(task.id);
  }
  if (removed == 0 || gone.empty()) return {};  // another process removed them, and records them
  const auto records = stores.records.loadMetaInfos(goneIds);
  std::vector<const FoundTask*> ours;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!records || !hasEnded((*records)[i], *gone[i])) ours.push_back(gone[i]);
  }
  return saveRecords(stores, ours);
}

}  // namespace leptir::operations
