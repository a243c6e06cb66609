#include "operations/again.h"

#include <charconv>
#include <utility>

#include "base/task_names.h"
#include "meta/record_keys.h"
#include "operations/audit_trail.h"
#include "operations/bulk_place.h"
#include "operations/selection.h"
#include "task/envelope.h"
#include "task/json_members.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kRecordsOfASlice = 100;

// PHP may write a number as a JSON string.
std::int64_t priorityIn(std::string_view envelope) {
  auto text = task::memberOf(envelope, "pr").value_or("0");
  if (text.size() > 1 && text.starts_with('"')) text = text.substr(1, text.size() - 2);
  std::int64_t priority = 0;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return priority;
}

Result<std::string> changed(std::string parameters, std::string_view changes) {
  if (changes.empty()) return parameters;
  const auto json = parseJson(changes);
  if (!json) return json.error().in("the changed parameters");
  if (!json->is_object()) return Error(ErrorCode::Invalid, "the changed parameters must be a JSON object");
  for (task::JsonMembers members(changes); members.next();)
    parameters = task::withMember(parameters, task::jsonTextValue(members.key()), members.value());
  return parameters;
}

// Pushes one slice after another, and counts.
class AgainPusher {
 public:
  AgainPusher(Stores& stores, const TaskAction& action, ActionReport& report)
      : stores_(stores), action_(action), report_(report) {}

  // Invalid: the changes are wrong. Errors of one task only leave that task alone.
  Result<void> add(const std::string& id, std::string_view envelope, const std::string& broker) {
    if (envelope.empty()) {
      leave(id, "its record has no envelope, since it succeeded or another program wrote the record");
      return {};
    }
    auto task = taskAgain(envelope, action_.changes);
    if (!task && task.error().code() == ErrorCode::Invalid) return task.error();
    if (!task) {
      leave(id, task.error().message());
      return {};
    }
    task->options.broker = broker;
    tasks_.push_back(std::move(*task));
    return {};
  }

  void leave(const std::string& id, std::string why) {
    if (report_.leftAlone.size() < kMostIdsReported) report_.leftAlone.push_back({id, std::move(why)});
  }

  Result<void> push() {
    auto tasks = std::exchange(tasks_, {});
    if (tasks.empty()) return {};
    auto ids = stores_.queues.pushTasks(tasks);
    if (!ids) return ids.error();
    report_.changed += ids->size();
    for (auto& id : *ids) {
      if (report_.pushed.size() < kMostIdsReported) report_.pushed.push_back(std::move(id));
    }
    return {};
  }

  void audit(const std::string& on, const Result<void>& outcome) {
    if (report_.changed == 0 && outcome) return;
    auto written = writeAuditEntry(stores_, 0,
                                   {.action = nameOf(action_.kind),
                                    .on = on + (action_.changes.empty() ? "" : " with " + action_.changes),
                                    .changed = report_.changed,
                                    .outcome = outcome ? std::string() : outcome.error().message()});
    if (!written) report_.errors.push_back(written.error());
  }

 private:
  Stores& stores_;
  const TaskAction& action_;
  ActionReport& report_;
  std::vector<TaskToPush> tasks_;
};

// A buried task without a record still has its envelope in the queue.
Result<void> addById(Stores& stores, AgainPusher& pusher, const std::string& id) {
  const auto record = stores.records.size() > 0 ? stores.records.loadMetaInfoById(id)
                                                : Result<Json>(Error(ErrorCode::NotFound, "no meta storage"));
  if (record) {
    const auto envelope = record->is_object() ? record->value(meta::key::kEnvelope, Json()) : Json();
    if (envelope.is_string()) return pusher.add(id, envelope.get<std::string>(), "");
  }
  for (std::size_t i = 0; i < stores.queues.size(); ++i) {
    const auto found = askBroker(stores, i, [&](SimpleBroker& broker) { return broker.keeper().find(id); });
    if (!found) continue;
    if (found->state == TaskState::Buried) return pusher.add(id, found->envelope, stores.queues.name(i));
    pusher.leave(id, "it is " + std::string(nameOf(found->state)) + " and will run anyway");
    return {};
  }
  if (record) return pusher.add(id, "", "");
  if (!isMissing(record.error())) return record.error();
  pusher.leave(id, "it has no record");
  return {};
}

class SelectionAgain {
 public:
  SelectionAgain(Stores& stores, const TaskAction& action, const TaskSelection& selection, ActionReport& report)
      : stores_(stores),
        selection_(selection),
        report_(report),
        places_(stores, 0, action, selection),
        pusher_(stores, action, report) {}

  Result<void> run(const OnActionProgress& progress) {
    if (auto resumed = resume(); !resumed) return resumed;
    do {
      auto slice = pushSlice();
      if (!slice) return slice;
      if (auto kept = keepPlace(); !kept) return kept;
      report_.stopped = progress && !progress({.changed = report_.changed, .examined = examined_});
    } while (!place_.cursor.empty() && !report_.stopped);
    return report_.stopped && !place_.cursor.empty() ? Result<void>() : places_.forget();
  }

  void audit(const Result<void>& outcome) { pusher_.audit(textOf(selection_), outcome); }

 private:
  Result<void> resume() {
    place_ = {.state = ListedState::Failed, .begun = stores_.clock->now()};
    auto kept = places_.load();
    if (!kept) return kept.error();
    if (!*kept) return {};
    place_ = std::move(**kept);
    report_.continues = place_.begun;
    return {};
  }

  Result<void> pushSlice() {
    auto list = listSlice();
    if (!list) return list.error();
    examined_ += list->examined;
    for (const auto& record : list->records) {
      if (!matchesState(selection_, record) || record.contains(meta::key::kBuried)) continue;
      const auto task = listedTaskOf(record);
      if (auto added = pusher_.add(task.id, task.envelope, ""); !added) return added;
    }
    if (auto pushed = pusher_.push(); !pushed) return pushed;
    place_.cursor = std::move(list->cursor);
    place_.changed = report_.changed;
    return {};
  }

  // From the first storage that can list its records: the place is only ever one of that storage.
  Result<RecordList> listSlice() {
    Result<RecordList> list = Error(ErrorCode::Unsupported, "no meta storage is configured, so there are no records");
    for (std::size_t i = 0; i < stores_.records.size(); ++i) {
      list = askStorage(stores_.records, i, [&](SimpleMetaStorage& storage) {
        return storage.listRecords(metaFilterOf(selection_), place_.cursor, kRecordsOfASlice);
      });
      if (list || list.error().code() != ErrorCode::Unsupported) return list;
    }
    return list;
  }

  Result<void> keepPlace() {
    if (place_.cursor.empty()) return {};
    if (auto saved = places_.save(place_); !saved) return saved;
    return places_.prolongLock();
  }

  Stores& stores_;
  const TaskSelection& selection_;
  ActionReport& report_;
  BulkPlaces places_;
  AgainPusher pusher_;
  BulkPlace place_;
  std::uint64_t examined_ = 0;
};

}  // namespace

Result<TaskToPush> taskAgain(std::string_view envelope, std::string_view changes) {
  const auto head = task::decodeEnvelope(envelope);
  if (!head) return head.error();
  const auto call = task::decodeTaskCall(envelope);
  if (!call) return call.error();
  auto parameters = changed(call->parameters, changes);
  if (!parameters) return parameters.error();
  return TaskToPush{.name = head->name,
                    .options = {.priority = priorityIn(envelope),
                                .timeLimitSeconds = head->timeLimitSeconds,
                                .maxAttempts = head->maxAttempts},
                    .parametersText = std::move(*parameters)};
}

Result<void> pushIdsAgain(Stores& stores, const TaskAction& action, const std::vector<std::string>& ids,
                          ActionReport& report) {
  for (const auto& id : ids) {
    if (auto valid = base::checkTaskId(id); !valid) return valid;
  }
  AgainPusher pusher(stores, action, report);
  Result<void> outcome;
  for (const auto& id : ids) {
    if (outcome) outcome = addById(stores, pusher, id);
  }
  if (outcome) outcome = pusher.push();
  pusher.audit(idsAsText(ids), outcome);
  return outcome;
}

Result<void> pushSelectionAgain(Stores& stores, const TaskAction& action, const TaskSelection& selection,
                                const OnActionProgress& progress, ActionReport& report) {
  BulkPlaces places(stores, 0, action, selection);
  if (auto locked = places.lock(); !locked) return locked;
  SelectionAgain again(stores, action, selection, report);
  const auto outcome = again.run(progress);
  again.audit(outcome);
  if (auto unlocked = places.unlock(); !unlocked) report.errors.push_back(unlocked.error());
  return outcome;
}

}  // namespace leptir::operations
