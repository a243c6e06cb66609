// Operations::preview: what an action would do.
#include <algorithm>
#include <set>
#include <utility>

#include "leptir/operations.h"
#include "operations/again.h"
#include "operations/again_records.h"
#include "operations/id_action.h"
#include "operations/pushed_again.h"
#include "operations/selection.h"
#include "operations/selection_action.h"
#include "operations/stores.h"

namespace leptir {
namespace {

constexpr std::size_t kMaxTasksShown = 10;

// Whether the selection matches all tasks of a state, which a store has counted.
bool isWholeState(const TaskSelection& selection) {
  return selection.name.empty() && selection.idPrefix.empty() && selection.reasonContains.empty() &&
         selection.cause.empty() && !selection.since && !selection.until;
}

std::uint64_t countOf(const TaskCounts& counts, ListedState state) {
  switch (state) {
    case ListedState::Due:
      return counts.due;
    case ListedState::Scheduled:
      return counts.scheduled;
    case ListedState::Leased:
      return counts.leased;
    case ListedState::Buried:
      return counts.buried;
    default:
      return 0;
  }
}

// Whether the stores with these errors have no tasks that the action would change: it cannot change those of a store
// that lacks the operation.
bool areAllUnsupported(const std::vector<Error>& unable) {
  return std::ranges::all_of(unable, [](const Error& error) { return error.code() == ErrorCode::Unsupported; });
}

class SelectionPreview {
 public:
  SelectionPreview(operations::Stores& stores, const TaskAction& action, const TaskSelection& selection,
                   std::uint64_t mostCounted)
      : stores_(stores), action_(action), selection_(selection), most_(mostCounted) {}

  Result<ActionPreview> make() && {
    if (action_.kind == TaskAction::Kind::Again) {
      if (auto counted = previewRecords(); !counted) return counted.error();
      return std::move(preview_);
    }
    const auto brokers = operations::brokersNamed(stores_, selection_.broker);
    if (!brokers) return brokers.error();
    for (const auto broker : *brokers) previewQueue(broker);
    return std::move(preview_);
  }

 private:
  void previewQueue(std::size_t broker) {
    if (!operations::asksQueues(selection_)) return;
    for (const auto state : operations::statesFor(action_.kind, selection_)) {
      const auto counted = previewState(broker, state);
      if (counted || operations::isMissing(counted.error())) continue;
      preview_.unable.push_back(counted.error());
      preview_.isExact = preview_.isExact && areAllUnsupported(preview_.unable);
      return;
    }
  }

  Result<void> previewState(std::size_t broker, ListedState state) {
    auto ofState = selection_;
    ofState.state = state;
    const auto filter = operations::taskFilterOf(ofState);
    std::string cursor;
    do {
      auto list = operations::askBroker(stores_, broker, [&](SimpleBroker& store) {
        return store.keeper().list(filter, cursor, isWholeState(selection_) ? kMaxTasksShown : kMaxTasksPerSlice);
      });
      if (!list) return list.error();
      cursor = std::move(list->cursor);
      addToFirst(list->tasks, stores_.queues.name(broker));
      if (isWholeState(selection_)) return countState(broker, state);
      preview_.count += list->tasks.size();
      preview_.isExact = preview_.isExact && (cursor.empty() || preview_.count < most_);
    } while (!cursor.empty() && preview_.count < most_);
    return {};
  }

  void addToFirst(std::vector<FoundTask>& tasks, const std::string& broker) {
    for (auto& task : tasks) {
      if (preview_.first.size() >= kMaxTasksShown) return;
      preview_.first.push_back(operations::listedTaskOf(std::move(task), broker));
    }
  }

  Result<void> countState(std::size_t broker, ListedState state) {
    const auto counts = operations::askBroker(stores_, broker, [](SimpleBroker& store) { return store.tasksCount(); });
    if (!counts) return counts.error();
    preview_.count += countOf(*counts, state);
    return {};
  }

  Result<void> previewRecords() {
    const auto selection = operations::selectionOfAgain(selection_);
    if (!operations::asksRecords(selection)) return {};
    operations::AgainRecords records(stores_, selection);
    std::string cursor;
    do {
      auto slice = records.read(cursor, kMaxTasksPerSlice, preview_.leftOut);
      if (!slice && operations::isMissing(slice.error())) return {};
      if (!slice) return slice.error();
      cursor = std::move(slice->cursor);
      for (auto& task : slice->tasks) countRecord(std::move(task.task));
    } while (!cursor.empty() && preview_.count < most_);
    preview_.isExact = cursor.empty() && areAllUnsupported(preview_.unable);
    return {};
  }

  void countRecord(ListedTask task) {
    if (task.envelope.empty()) return;
    ++preview_.count;
    if (preview_.first.size() < kMaxTasksShown) preview_.first.push_back(std::move(task));
  }

  operations::Stores& stores_;
  const TaskAction& action_;
  const TaskSelection& selection_;
  const std::uint64_t most_;
  ActionPreview preview_;
};

// The tasks of which Again would push copies.
Result<ActionPreview> previewIdsAgain(operations::Stores& stores, Operations& operations,
                                      const std::vector<std::string>& ids) {
  ActionPreview preview;
  operations::PushedAgain pushedAgain(stores);
  std::set<std::string> seen;
  for (const auto& id : ids) {
    if (!seen.insert(id).second) continue;
    auto details = operations.task(id);
    if (!details && !operations::isMissing(details.error())) return details.error();
    if (!details) {
      preview.leftAlone.push_back({id, "it has no record"});
      continue;
    }
    const auto state = details->queued ? std::optional(details->queued->state) : std::nullopt;
    if (auto why = operations::whyNotAgain(state, details->record); !why.empty()) {
      preview.leftAlone.push_back({id, std::move(why)});
      continue;
    }
    ++preview.count;
    auto newId = details->record.is_null() ? std::string() : operations::againIdOf(details->record);
    const auto pushed = pushedAgain.arePushed({&newId, newId.empty() ? 0u : 1u});
    if (!pushed) return pushed.error();
    if (!pushed->empty() && pushed->front()) preview.pushedBefore.push_back({.id = id, .as = std::move(newId)});
    auto task = details->queued ? std::move(*details->queued) : operations::listedTaskOf(std::move(details->record));
    if (preview.first.size() < kMaxTasksShown) preview.first.push_back(std::move(task));
  }
  return preview;
}

Result<ActionPreview> previewIds(operations::Stores& stores, const TaskAction& action, const TaskTargets& targets) {
  auto found = operations::findIds(stores, action, targets);
  if (!found) return found.error();
  ActionPreview preview{.isExact = areAllUnsupported(found->unable),
                        .leftAlone = std::move(found->leftAlone),
                        .unable = std::move(found->unable)};
  for (auto& [brokerAndState, tasks] : found->tasks) {
    preview.count += tasks.size();
    for (auto& task : tasks) {
      if (preview.first.size() >= kMaxTasksShown) break;
      preview.first.push_back(operations::listedTaskOf(std::move(task), stores.queues.name(brokerAndState.first)));
    }
  }
  return preview;
}

}  // namespace

Result<ActionPreview> Operations::preview(const TaskAction& action, const TaskTargets& targets,
                                          std::uint64_t mostCounted) {
  if (auto valid = operations::check(targets.selection); !valid) return valid.error();
  if (targets.ids.empty()) return SelectionPreview(*stores_, action, targets.selection, mostCounted).make();
  if (action.kind == TaskAction::Kind::Again) return previewIdsAgain(*stores_, *this, targets.ids);
  return previewIds(*stores_, action, targets);
}

}  // namespace leptir
