#include "operations/selection_action.h"

#include <algorithm>
#include <array>
#include <utility>

#include "operations/selection.h"

namespace leptir::operations {
namespace {

constexpr std::array kPassOrder{ListedState::Scheduled, ListedState::Due, ListedState::Leased, ListedState::Buried};

}  // namespace

std::vector<ListedState> statesFor(TaskAction::Kind kind, const TaskSelection& selection) {
  std::vector<ListedState> states;
  for (const auto state : kPassOrder) {
    if (appliesTo(kind, state) && (!selection.state || *selection.state == state)) states.push_back(state);
  }
  return states;
}

SelectionAction::SelectionAction(Stores& stores, std::size_t broker, const TaskAction& action,
                                 const TaskSelection& selection, const OnActionProgress& progress, AuditOfAction& audit,
                                 ActionReport& report)
    : stores_(stores),
      broker_(broker),
      action_(action),
      selection_(selection),
      states_(statesFor(action.kind, selection)),
      progress_(progress),
      audit_(audit),
      report_(report),
      checkpointStore_(stores, broker, action, selection) {}

Result<void> SelectionAction::run() {
  checkpoint_.begun = stores_.clock->now();
  if (usesCheckpoint()) {
    if (auto resumed = resumeFromCheckpoint(); !resumed) return resumed;
  }
  for (const auto state : states_) {
    if (!checkpoint_.cursor.empty() && state != checkpoint_.state) continue;  // passed before the checkpoint
    checkpoint_.state = state;
    if (auto passed = runPass(); !passed || report_.stopped) return passed;
  }
  return usesCheckpoint() ? checkpointStore_.forget() : Result<void>();
}

Result<void> SelectionAction::resumeFromCheckpoint() {
  const auto traits =
      askBroker(stores_, broker_, [](SimpleBroker& broker) -> Result<BrokerTraits> { return broker.traits(); });
  if (!traits) return traits.error();
  duePrecision_ = std::max(duePrecision_, traits->duePrecision);
  auto kept = checkpointStore_.load();
  if (!kept) return kept.error();
  if (!*kept || std::ranges::count(states_, (*kept)->state) == 0) return {};
  checkpoint_ = std::move(**kept);
  report_.continues = checkpoint_.begun;
  return {};
}

Result<void> SelectionAction::runPass() {
  selection_.state = checkpoint_.state;
  const auto filter = taskFilterOf(selection_);
  do {
    auto list = askBroker(stores_, broker_, [&](SimpleBroker& broker) {
      return broker.keeper().list(filter, checkpoint_.cursor, kMaxTasksPerSlice);
    });
    if (!list) return list.error();
    checkpoint_.cursor = list->cursor;
    if (auto changed = changeSlice(std::move(*list)); !changed) return changed;
    if (usesCheckpoint() && !checkpoint_.cursor.empty()) {
      if (auto saved = checkpointStore_.save(checkpoint_); !saved) return saved;
    }
    if (!reportProgress()) return {};
  } while (!checkpoint_.cursor.empty());
  return {};
}

Result<void> SelectionAction::changeSlice(TaskList list) {
  examined_ += list.examined;
  std::erase_if(list.tasks, [this](const FoundTask& task) { return isLeftAlone(task); });
  if (list.tasks.empty()) return {};
  if (auto begun = audit_.begin(); !begun) return begun;
  SliceResult done;
  auto changed = SliceChanger(stores_, broker_, action_).change(list.tasks, done);
  checkpoint_.changed += done.changed;
  report_.changed += done.changed;
  report_.requested += done.requested;
  return changed;
}

// A task without an id is no task: an instance will bury it. A task that is due at the time of a reschedule already has
// been moved before, by this call or by an earlier one.
bool SelectionAction::isLeftAlone(const FoundTask& task) const {
  if (task.id.empty()) return true;
  return action_.kind == TaskAction::Kind::Reschedule && std::chrono::abs(task.due - action_.due) <= duePrecision_;
}

bool SelectionAction::reportProgress() {
  if (!progress_) return true;
  report_.stopped =
      !progress_({.broker = stores_.queues.name(broker_), .changed = report_.changed, .examined = examined_});
  return !report_.stopped;
}

}  // namespace leptir::operations
