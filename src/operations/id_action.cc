#include "operations/id_action.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/task_names.h"
#include "broker/dead_sessions.h"
#include "operations/audit_trail.h"
#include "operations/selection.h"
#include "operations/slice_changer.h"

namespace leptir::operations {
namespace {

// Returns the tasks of dead instances to the queue, as every running instance does from time to time. Errors are
// ignored here: the action that follows meets them too.
void recoverAllDeadSessions(SimpleBroker& broker, const std::function<void(const std::string&)>& onNotice) {
  constexpr int kMaxSteps = 100;
  for (int step = 0; step < kMaxSteps; ++step) {
    const auto recovered = broker::recoverDeadSessions(broker, onNotice);
    if (!recovered || !recovered->mayBeMore) return;
  }
}

std::string_view pastParticipleOf(TaskAction::Kind kind) {
  switch (kind) {
    case TaskAction::Kind::Cancel:
      return "cancelled";
    case TaskAction::Kind::Revive:
      return "revived";
    case TaskAction::Kind::Remove:
      return "deleted";
    default:
      return "rescheduled";
  }
}

class IdFinder {
 public:
  IdFinder(Stores& stores, const TaskAction& action, std::vector<std::size_t> brokers)
      : stores_(stores), action_(action), brokers_(std::move(brokers)) {}

  void find(const std::string& id) {
    std::optional<Error> unable;
    for (const auto broker : brokers_) {
      auto found = askBroker(stores_, broker, [&](SimpleBroker& store) { return findIn(store, broker, id); });
      if (found) return add(broker, std::move(*found));
      if (!isMissing(found.error()) && !unable)
        unable =
            found.error().code() == ErrorCode::Unsupported ? mayWaitError(id, broker, found.error()) : found.error();
    }
    if (unable)
      found_.unable.push_back(*unable);
    else
      found_.leftAlone.push_back({id, "it is in no queue"});
  }

  FoundIds result() && { return std::move(found_); }
  FoundIds stopped() && {
    found_.stopped = true;
    return std::move(found_);
  }

 private:
  // If a dead instance holds the task, its sessions are recovered first: only a living instance can end a task.
  Result<FoundTask> findIn(SimpleBroker& store, std::size_t broker, const std::string& id) {
    auto found = store.keeper().find(id);
    if (!found || found->state != TaskState::Leased || !recovered_.insert(broker).second) return found;
    recoverAllDeadSessions(store, stores_.onNotice);
    return store.keeper().find(id);
  }

  void add(std::size_t broker, FoundTask task) {
    const auto state = listedStateOf(task.state);
    if (!appliesTo(action_.kind, state))
      found_.leftAlone.push_back({task.id, "it is " + std::string(nameOf(state))});
    else
      found_.tasks[{broker, task.state}].push_back(std::move(task));
  }

  Error mayWaitError(const std::string& id, std::size_t broker, const Error& error) const {
    const auto where = "broker " + stores_.queues.name(broker);
    const auto why = error.message().substr(error.message().find(where) + where.size());
    return {ErrorCode::Unsupported, "task '" + id + "' may wait at " + where + ", where it cannot be " +
                                        std::string(pastParticipleOf(action_.kind)) + why};
  }

  Stores& stores_;
  const TaskAction& action_;
  const std::vector<std::size_t> brokers_;
  std::set<std::size_t> recovered_;
  FoundIds found_;
};

void addToFirstTasks(ActionReport& report, const std::vector<FoundTask>& tasks, const std::string& broker) {
  constexpr std::size_t kMax = 10;
  for (const auto& task : tasks) {
    if (report.first.size() < kMax) report.first.push_back(listedTaskOf(task, broker));
  }
}

std::string textOfIds(const std::vector<FoundTask>& tasks) {
  std::vector<std::string> ids;
  for (const auto& task : tasks) ids.push_back(task.id);
  return idsAsText(ids);
}

// Changes the tasks of one queue in slices. The audit trail tells of the action before the first change.
Result<void> changeTasks(Stores& stores, std::size_t broker, const TaskAction& action,
                         const std::vector<FoundTask>& tasks, const OnActionProgress& progress, AuditOfAction& audit,
                         SliceResult& done, ActionReport& report) {
  if (auto begun = audit.begin(); !begun) return begun;
  for (std::size_t begin = 0; begin < tasks.size() && !report.stopped; begin += kMaxTasksPerChange) {
    const auto end = std::min(tasks.size(), begin + kMaxTasksPerChange);
    const std::vector<FoundTask> slice(tasks.begin() + static_cast<std::ptrdiff_t>(begin),
                                       tasks.begin() + static_cast<std::ptrdiff_t>(end));
    if (auto changed = SliceChanger(stores, broker, action).change(slice, done); !changed) return changed;
    report.stopped =
        progress && !progress({.broker = stores.queues.name(broker), .changed = report.changed + done.changed});
  }
  return {};
}

}  // namespace

Result<FoundIds> findIds(Stores& stores, const TaskAction& action, const TaskTargets& targets,
                         const OnActionProgress& progress) {
  auto brokers = brokersNamed(stores, targets.selection.broker);
  if (!brokers) return brokers.error();
  for (const auto& id : targets.ids) {
    if (auto valid = base::checkTaskId(id); !valid) return valid.error();
  }
  IdFinder finder(stores, action, std::move(*brokers));
  std::set<std::string> seen;
  for (const auto& id : targets.ids) {
    if (!seen.insert(id).second) continue;
    finder.find(id);
    if (progress && !progress({.examined = seen.size()})) return std::move(finder).stopped();
  }
  return std::move(finder).result();
}

void changeFoundTasks(Stores& stores, const TaskAction& action, const FoundIds& found, const OnActionProgress& progress,
                      ActionReport& report) {
  for (const auto& [brokerAndState, tasks] : found.tasks) {
    if (report.stopped) return;
    const auto broker = brokerAndState.first;
    AuditOfAction audit(stores, broker, nameOf(action.kind), textOfIds(tasks));
    SliceResult done;
    const auto changed = changeTasks(stores, broker, action, tasks, progress, audit, done, report);
    if (done.changed > 0) addToFirstTasks(report, tasks, stores.queues.name(broker));
    report.changed += done.changed;
    report.requested += done.requested;
    if (!changed) report.errors.push_back(changed.error());
    const auto outcome = !changed ? changed.error().message() : report.stopped ? "stopped by its operator" : "";
    if (auto written = audit.end(done.changed, outcome); !written) report.errors.push_back(written.error());
  }
}

}  // namespace leptir::operations
