#include "operations/again.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "base/saturated.h"
#include "base/task_names.h"
#include "leptir/task_record.h"
#include "meta/record_keys.h"
#include "operations/again_records.h"
#include "operations/audit_trail.h"
#include "operations/bulk_checkpoint.h"
#include "operations/bulk_lock.h"
#include "operations/pushed_again.h"
#include "operations/selection.h"
#include "task/envelope.h"
#include "task/json_members.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kRecordsPerSlice = 100;
// How long an operator may look at the preview before the action begins.
constexpr Duration kMaxPreviewTime = std::chrono::minutes(10);

constexpr std::string_view kNoEnvelope =
    "its record has no envelope, since it succeeded or another program wrote the record";

// PHP may write a number as a JSON string.
std::int64_t priorityIn(std::string_view envelope) {
  auto text = task::memberOf(envelope, "pr").value_or("0");
  if (text.size() > 1 && text.starts_with('"')) text = text.substr(1, text.size() - 2);
  std::int64_t priority = 0;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return priority;
}

Result<std::string> changed(std::string parameters, std::string_view parameterChanges) {
  if (parameterChanges.empty()) return parameters;
  const auto json = parseJson(parameterChanges);
  if (!json) return json.error().in("the changed parameters");
  if (!json->is_object()) return Error(ErrorCode::Invalid, "the changed parameters must be a JSON object");
  for (task::JsonMembers members(parameterChanges); members.next();)
    parameters = task::withMember(parameters, task::jsonStringValue(members.key()), members.value());
  return parameters;
}

std::string envelopeIn(const Json& record) {
  const auto envelope = record.is_object() ? record.value(meta::key::kEnvelope, Json()) : Json();
  return envelope.is_string() ? envelope.get<std::string>() : std::string();
}

// The first broker that keeps what a fleet shares: there are the checkpoint, the lock and the audit trail.
std::size_t brokerOfCheckpoints(Stores& stores) {
  for (std::size_t i = 0; i < stores.queues.size(); ++i) {
    const auto keeps = askFleet(stores, i, [](FleetStore&) -> Result<bool> { return true; });
    if (keeps || (keeps.error().code() != ErrorCode::Unsupported && !isMissing(keeps.error()))) return i;
  }
  return 0;
}

// Whether a time of a selection is the same, or the same one relative to now (`--since=1h`), `elapsed` later.
bool isSameTime(const std::optional<Time>& kept, const std::optional<Time>& asked, Duration elapsed) {
  if (!kept || !asked) return kept == asked;
  const auto moved = base::saturatedSubtract(*asked, *kept);
  return moved == Duration::zero() || (moved <= base::saturatedAdd(elapsed, kMaxPreviewTime) &&
                                       base::saturatedAdd(moved, kMaxPreviewTime) >= elapsed);
}

// Pushes one slice after another, and counts.
class AgainPusher {
 public:
  // `on`: the tasks, for the audit trail.
  AgainPusher(Stores& stores, const TaskAction& action, const std::string& on, ActionReport& report)
      : stores_(stores),
        action_(action),
        report_(report),
        audit_(stores, brokerOfCheckpoints(stores), nameOf(action.kind),
               on + (action.parameterChanges.empty() ? "" : " with " + action.parameterChanges)) {}

  // Invalid: the changes are wrong. Errors of one task only leave that task alone.
  // `newId`: of the task that is pushed; empty: any.
  Result<void> add(const std::string& id, std::string_view envelope, const std::string& broker, std::string newId) {
    if (envelope.empty()) {
      leaveAlone(id, std::string(kNoEnvelope));
      return {};
    }
    auto task = taskAgain(envelope, action_.parameterChanges);
    if (!task && task.error().code() == ErrorCode::Invalid) return task.error();
    if (!task) {
      leaveAlone(id, task.error().message());
      return {};
    }
    task->options.broker = broker;
    task->options.id = std::move(newId);
    tasks_.push_back(std::move(*task));
    return {};
  }

  void leaveAlone(const std::string& id, std::string why) {
    if (report_.leftAlone.size() < kMaxIdsReported) report_.leftAlone.push_back({id, std::move(why)});
  }

  Result<void> push() {
    auto tasks = std::exchange(tasks_, {});
    if (tasks.empty()) return {};
    if (auto begun = audit_.begin(); !begun) return begun;
    auto ids = stores_.queues.pushTasks(tasks);
    if (!ids) return ids.error();
    report_.changed += ids->size();
    std::ranges::move(*ids, std::back_inserter(report_.pushed));
    return {};
  }

  void endAudit(const Result<void>& outcome) {
    const auto* const stopped = report_.stopped && report_.changed > 0 ? "stopped by its operator" : "";
    auto written = audit_.end(report_.changed, outcome ? stopped : outcome.error().message());
    if (!written) report_.errors.push_back(written.error());
  }

 private:
  Stores& stores_;
  const TaskAction& action_;
  ActionReport& report_;
  AuditOfAction audit_;
  std::vector<TaskToPush> tasks_;
};

// Pushes tasks with given ids: each once, and also those that were pushed again before.
class AgainIdsRunner {
 public:
  AgainIdsRunner(Stores& stores, AgainPusher& pusher, ActionReport& report)
      : stores_(stores), pusher_(pusher), report_(report), pushedAgain_(stores) {}

  Result<void> add(const std::string& id) {
    if (!seen_.insert(id).second) return {};
    for (std::size_t i = 0; i < stores_.queues.size(); ++i) {
      const auto found = askBroker(stores_, i, [&](SimpleBroker& broker) { return broker.keeper().find(id); });
      if (found) return addFromQueue(*found, stores_.queues.name(i));
    }
    const auto record = recordOf(id);
    if (!record) return record.error();
    if (const auto why = whyNotAgain({}, *record); !why.empty()) {
      pusher_.leaveAlone(id, why);
      return {};
    }
    return addWithRecord(id, envelopeIn(*record), "", *record);
  }

 private:
  // Null: the task has no record.
  Result<Json> recordOf(const std::string& id) {
    if (stores_.records.size() == 0) return Json();
    auto record = stores_.records.loadMetaInfoById(id);
    if (!record && isMissing(record.error())) return Json();
    return record ? record : errorOfStore(record.error(), InvalidMeaning::NoRights);
  }

  // A buried task has its envelope in the queue.
  Result<void> addFromQueue(const FoundTask& task, const std::string& broker) {
    if (const auto why = whyNotAgain(listedStateOf(task.state), {}); !why.empty()) {
      pusher_.leaveAlone(task.id, why);
      return {};
    }
    const auto record = recordOf(task.id);
    if (!record) return record.error();
    return addWithRecord(task.id, task.envelope, broker, *record);
  }

  Result<void> addWithRecord(const std::string& id, std::string_view envelope, const std::string& broker,
                             const Json& record) {
    if (record.is_null()) return pusher_.add(id, envelope, broker, "");
    auto newId = againIdOf(record);
    const auto pushed = pushedAgain_.arePushed({&newId, 1});
    if (!pushed) return pushed.error();
    if (pushed->front()) report_.pushedBefore.push_back({.id = id, .as = std::exchange(newId, "")});
    return pusher_.add(id, envelope, broker, std::move(newId));
  }

  Stores& stores_;
  AgainPusher& pusher_;
  ActionReport& report_;
  PushedAgain pushedAgain_;
  std::set<std::string> seen_;
};

class AgainSelectionRunner {
 public:
  // `broker`: the one in whose fleet store this action keeps how far it has come. The caller holds `lock`.
  AgainSelectionRunner(Stores& stores, std::size_t broker, const TaskAction& action, const TaskSelection& selection,
                       BulkLock& lock, ActionReport& report)
      : stores_(stores),
        selection_(selection),
        lock_(lock),
        report_(report),
        checkpointStore_(stores, broker, action, selection),
        pusher_(stores, action, textOf(selection), report),
        records_(stores, selection_) {}

  Result<void> run(const OnActionProgress& progress) {
    if (auto resumed = resumeFromCheckpoint(); !resumed) return resumed;
    do {
      auto slice = pushSlice();
      if (!slice) return slice;
      if (auto kept = saveCheckpoint(); !kept) return kept;
      report_.stopped = progress && !progress({.changed = report_.changed, .examined = examined_});
    } while (!checkpoint_.cursor.empty() && !report_.stopped);
    return report_.stopped && !checkpoint_.cursor.empty() ? Result<void>() : checkpointStore_.forget();
  }

  void endAudit(const Result<void>& outcome) { pusher_.endAudit(outcome); }

 private:
  Result<void> resumeFromCheckpoint() {
    checkpoint_ = {.state = ListedState::Failed,
                   .begun = stores_.clock->now(),
                   .since = selection_.since,
                   .until = selection_.until};
    auto kept = checkpointStore_.load();
    if (!kept) return kept.error();
    if (!*kept || !isSameAction(**kept)) return {};
    checkpoint_ = std::move(**kept);
    selection_.since = checkpoint_.since;
    selection_.until = checkpoint_.until;
    report_.continues = checkpoint_.begun;
    return {};
  }

  bool isSameAction(const BulkCheckpoint& kept) const {
    const auto elapsed = base::saturatedSubtract(checkpoint_.begun, kept.begun);
    return isSameTime(kept.since, checkpoint_.since, elapsed) && isSameTime(kept.until, checkpoint_.until, elapsed);
  }

  Result<void> pushSlice() {
    auto slice = records_.read(checkpoint_.cursor, kRecordsPerSlice, report_.leftOut);
    if (!slice) return slice.error();
    examined_ += slice->examined;
    for (auto& [task, newId] : slice->tasks) {
      if (auto added = pusher_.add(task.id, task.envelope, "", std::move(newId)); !added) return added;
    }
    if (auto pushed = pusher_.push(); !pushed) return pushed;
    checkpoint_.cursor = std::move(slice->cursor);
    checkpoint_.changed = report_.changed;
    return {};
  }

  Result<void> saveCheckpoint() {
    if (checkpoint_.cursor.empty()) return {};
    if (auto saved = checkpointStore_.save(checkpoint_); !saved) return saved;
    return lock_.prolong();
  }

  Stores& stores_;
  TaskSelection selection_;  // with the times of the action that it goes on with
  BulkLock& lock_;
  ActionReport& report_;
  BulkCheckpointStore checkpointStore_;
  AgainPusher pusher_;
  AgainRecords records_;
  BulkCheckpoint checkpoint_;
  std::uint64_t examined_ = 0;
};

}  // namespace

Result<TaskToPush> taskAgain(std::string_view envelope, std::string_view parameterChanges) {
  const auto head = task::decodeEnvelope(envelope);
  if (!head) return head.error();
  const auto call = task::decodeTaskCall(envelope);
  if (!call) return call.error();
  auto parameters = changed(call->parameters, parameterChanges);
  if (!parameters) return parameters.error();
  return TaskToPush{.name = head->name,
                    .options = {.priority = priorityIn(envelope),
                                .timeLimitSeconds = head->timeLimitSeconds,
                                .maxAttempts = head->maxAttempts},
                    .parametersText = std::move(*parameters)};
}

std::string whyNotAgain(const std::optional<ListedState>& queued, const Json& record) {
  if (queued == ListedState::Buried) return {};
  if (queued) return "it is " + std::string(nameOf(*queued)) + " and will run anyway";
  if (record.is_null()) return "it has no record";
  if (!isOver(record)) return "its record says that it is not over";
  return envelopeIn(record).empty() ? std::string(kNoEnvelope) : std::string();
}

Result<void> pushIdsAgain(Stores& stores, const TaskAction& action, const std::vector<std::string>& ids,
                          const OnActionProgress& progress, ActionReport& report) {
  for (const auto& id : ids) {
    if (auto valid = base::checkTaskId(id); !valid) return valid;
  }
  AgainPusher pusher(stores, action, idsAsText(ids), report);
  AgainIdsRunner again(stores, pusher, report);
  Result<void> outcome;
  for (std::size_t i = 0; i < ids.size() && outcome && !report.stopped; ++i) {
    outcome = again.add(ids[i]);
    if (outcome && (i + 1) % kRecordsPerSlice == 0) outcome = pusher.push();
    report.stopped = outcome && progress && !progress({.changed = report.changed, .examined = i + 1});
  }
  if (outcome && !report.stopped) outcome = pusher.push();
  pusher.endAudit(outcome);
  return outcome;
}

Result<void> pushSelectionAgain(Stores& stores, const TaskAction& action, const TaskSelection& asked,
                                const OnActionProgress& progress, ActionReport& report) {
  const auto selection = selectionOfAgain(asked);
  if (!asksRecords(selection))
    return Error(ErrorCode::Invalid,
                 "a selection of tasks to push again is one of records, which tell no broker, no reason of a burial "
                 "and no state in a queue: " +
                     textOf(selection));
  const auto broker = brokerOfCheckpoints(stores);
  BulkLock lock(stores, broker, action.kind);
  if (auto locked = lock.lock(); !locked) return locked;
  AgainSelectionRunner again(stores, broker, action, selection, lock, report);
  const auto outcome = again.run(progress);
  again.endAudit(outcome);
  if (auto unlocked = lock.unlock(); !unlocked) report.errors.push_back(unlocked.error());
  return outcome;
}

}  // namespace leptir::operations
