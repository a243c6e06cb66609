#include "operations/cancelled_tasks.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/host_name.h"
#include "leptir/task_record.h"
#include "operations/cancel_notes.h"
#include "operations/process_text.h"
#include "settlement/record_history.h"
#include "settlement/settlement.h"

namespace leptir::operations {
namespace {

// Who cancelled tasks, and when.
struct CancelInfo {
  std::string by;
  Time at;
};

// The records that a dispatcher would save for cancelled tasks, with their earlier runs as history.
std::vector<MetaInfo> recordsOf(const std::vector<const FoundTask*>& tasks, const CancelInfo& cancel) {
  const settlement::RecordAuthor author{.host = base::hostName(), .pid = ::getpid()};
  std::vector<MetaInfo> records;
  records.reserve(tasks.size());
  for (const auto* task : tasks) {
    auto settled = settlement::settlementOfCancelled(settlement::asHeldTask(*task, cancel.at), task->envelope,
                                                     cancel.by, cancel.at, author);
    if (settled.record) records.push_back(std::move(*settled.record));
  }
  return records;
}

Result<void> saveRecords(Stores& stores, const std::vector<MetaInfo>& records) {
  if (records.empty()) return {};
  Result<void> saved;
  auto& storages = stores.storagesToSaveIn();
  for (std::size_t i = 0; i < storages.size(); ++i) {
    auto copies = records;  // each storage adds the history that it has
    auto here = askStorage(storages, i,
                           [&](SimpleMetaStorage& storage) { return settlement::saveWithHistory(storage, copies); });
    if (!here && saved) saved = here.error().in("the tasks are cancelled, but not all their records are saved");
  }
  return saved;
}

Result<void> saveRecords(Stores& stores, const std::vector<const FoundTask*>& tasks) {
  return saveRecords(stores, recordsOf(tasks, {.by = stores.by, .at = stores.clock->now()}));
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

// A cancel that left a note. It was cut off if its process is dead, or has returned from it with an error.
class EarlierCancel {
 public:
  EarlierCancel(Stores& stores, std::size_t broker, const std::string& name)
      : stores_(stores), broker_(broker), name_(name), isStale_(isStaleCancelNote(name, stores.clock->now())) {}

  // Returns how many records it has saved.
  Result<std::uint64_t> finish() {
    const auto note = readCancelNote(stores_, broker_, name_);
    if (!note) return note.error();
    if (!*note) return eraseNoteIf(isStale_, 0);
    const bool isOver = isStale_ || isOfDeadProcess((*note)->process);
    if (!isOver && !isOfThisProcess((*note)->process)) return std::uint64_t{0};
    const auto gone = tasksThatAreGone(**note);
    if (!gone) return gone.error();
    const auto records = missingRecords(**note, *gone);
    if (!records) return records.error();
    if (auto saved = saveRecords(stores_, *records); !saved) return saved.error();
    // While some tasks are still in the queue, a thread of this process may be cancelling them.
    return eraseNoteIf(isOver || gone->size() == (*note)->tasks.size(), records->size());
  }

 private:
  Result<std::uint64_t> eraseNoteIf(bool isWanted, std::uint64_t saved) {
    if (!isWanted) return saved;
    const auto erased = eraseCancelNote(stores_, broker_, name_);
    return erased ? Result<std::uint64_t>(saved) : erased.error();
  }

  Result<std::vector<const FoundTask*>> tasksThatAreGone(const CancelNote& note) {
    std::vector<const FoundTask*> gone;
    for (const auto& task : note.tasks) {
      const auto now = askBroker(stores_, broker_, [&](SimpleBroker& store) { return store.keeper().find(task.id); });
      if (now) continue;
      if (!isMissing(now.error())) return now.error();
      gone.push_back(&task);
    }
    return gone;
  }

  // The records get the time of the note, and do not replace records of tasks that were pushed later with these ids;
  // they are newer than those of runs after which the tasks went back into the queue.
  Result<std::vector<MetaInfo>> missingRecords(const CancelNote& note, const std::vector<const FoundTask*>& gone) {
    if (gone.empty()) return std::vector<MetaInfo>();
    std::vector<std::string> ids;
    for (const auto* task : gone) ids.push_back(task->id);
    const auto earlier = stores_.records.loadMetaInfos(ids);
    if (!earlier && !isMissing(earlier.error())) return earlier.error();
    std::vector<const FoundTask*> ours;
    std::vector<std::uint64_t> leases;
    for (std::size_t i = 0; i < gone.size(); ++i) {
      const auto record = earlier ? (*earlier)[i] : std::nullopt;
      if (hasEnded(record, *gone[i]) || isNewerAndOver(record, note.at)) continue;
      ours.push_back(gone[i]);
      leases.push_back(leaseIn(record));
    }
    auto records = recordsOf(ours, {.by = note.by, .at = note.at});
    for (std::size_t i = 0; i < records.size(); ++i) records[i].lease = std::max(records[i].lease, leases[i] + 1);
    return records;
  }

  static std::uint64_t leaseIn(const std::optional<Json>& record) {
    const auto lease = record && record->is_object() ? record->value("lease", Json()) : Json();
    return lease.is_number_unsigned() ? lease.get<std::uint64_t>() : 0;
  }
  static bool isNewerAndOver(const std::optional<Json>& record, Time at) {
    return record && isOver(*record) && leaseIn(record) >= static_cast<std::uint64_t>(at.time_since_epoch().count());
  }

  Stores& stores_;
  const std::size_t broker_;
  const std::string& name_;
  const bool isStale_;
};

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
  Result<void> finished;
  std::vector<std::string> goneIds;
  std::vector<const FoundTask*> gone;
  for (const auto& task : tasks) {
    const auto now = askBroker(stores, broker, [&](SimpleBroker& store) { return store.keeper().find(task.id); });
    if (!now && isMissing(now.error())) {
      gone.push_back(&task);
      goneIds.push_back(task.id);
      continue;
    }
    auto cancelled = now ? cancelOne(stores, broker, *now, done) : Result<void>(now.error());
    if (!cancelled && finished) finished = cancelled;
  }
  if (removed == 0 || gone.empty()) return finished;  // another process removed them, and records them
  const auto records = stores.records.loadMetaInfos(goneIds);
  if (!records) return records.error().in("the tasks are cancelled, but not all their records are saved");
  std::vector<const FoundTask*> ours;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!hasEnded((*records)[i], *gone[i])) ours.push_back(gone[i]);
  }
  auto saved = saveRecords(stores, ours);
  return saved ? finished : saved;
}

Result<void> checkRecordsCanBeSaved(Stores& stores, const std::string& id) {
  auto& storages = stores.storagesToSaveIn();
  for (std::size_t i = 0; i < storages.size(); ++i) {
    const auto answer =
        askStorage(storages, i, [&](SimpleMetaStorage& storage) { return storage.loadMetaInfoById(id); });
    if (!answer && answer.error().code() == ErrorCode::Unavailable)
      return answer.error().in("no further task is cancelled, since its record could not be saved");
  }
  return {};
}

Result<std::uint64_t> finishEarlierCancels(Stores& stores, std::size_t broker) {
  if (stores.storagesToSaveIn().size() == 0) return std::uint64_t{0};
  const auto names = cancelNotesAt(stores, broker);
  if (!names) return std::uint64_t{0};  // the action that follows meets the error, too
  std::uint64_t saved = 0;
  for (const auto& name : *names) {
    const auto finished = EarlierCancel(stores, broker, name).finish();
    if (!finished) return finished.error();
    saved += *finished;
  }
  return saved;
}

}  // namespace leptir::operations
