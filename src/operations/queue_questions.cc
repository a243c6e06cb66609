// Operations::queues.
#include <algorithm>
#include <set>
#include <utility>

#include "base/saturated.h"
#include "broker/filter_parts.h"
#include "leptir/operations.h"
#include "operations/fleet_entries.h"
#include "operations/known_names.h"
#include "operations/selection.h"
#include "operations/stores.h"

namespace leptir {
namespace {

constexpr std::size_t kMaxSessionsCounted = 1'000;
constexpr std::size_t kMaxOldestTasksExamined = 50;  // of the oldest due ones

// Fills in the parts of a view that a store may be unable to tell.
class QueueViewer {
 public:
  QueueViewer(operations::Stores& stores, std::size_t broker, QueueView& view)
      : stores_(stores), broker_(broker), view_(view) {}

  void fillView() {
    findOldestDue();
    findPauses();
    countInstances();
    estimateEnd();
  }

 private:
  void findOldestDue() {
    const auto earliest =
        operations::askBroker(stores_, broker_, [](SimpleBroker& broker) { return broker.keeper().earliestDue(); });
    const auto now = stores_.clock->now();
    if (!earliest) {
      note(earliest.error());
    } else if (*earliest && **earliest <= now) {
      view_.oldestDue = now - **earliest;
    }
  }

  void findPauses() {
    if (!hasFleetStore()) return;
    auto pauses = operations::pausesAt(stores_, broker_);
    if (pauses)
      view_.pauses = std::move(*pauses);
    else
      note(pauses.error());
  }

  bool hasFleetStore() {
    const auto kept = operations::askFleet(stores_, broker_, [](FleetStore&) -> Result<bool> { return true; });
    if (!kept) note(kept.error());
    return kept.has_value();
  }

  void countInstances() {
    std::set<std::string> instances;
    const auto sessions = operations::askBroker(stores_, broker_, [](SimpleBroker& broker) {
      return broker.keeper().listSessions({.offset = 0, .limit = kMaxSessionsCounted});
    });
    if (!sessions) note(sessions.error());
    if (sessions) {
      for (const auto& session : *sessions) instances.insert(session.session.instance);
    }
    if (const auto cards = operations::cardsAt(stores_, broker_)) {
      for (const auto& card : *cards) {
        instances.insert(card.instance);
        addRate(card.recent);
      }
    }
    view_.instances = instances.size();
  }

  void addRate(const fleet::RecentTasks& recent) {
    if (recent.within <= Duration::zero()) return;
    const auto seconds = std::chrono::duration<double>(recent.within).count();
    view_.donePerSecond = view_.donePerSecond.value_or(0) + static_cast<double>(recent.done) / seconds;
    view_.failedPerSecond = view_.failedPerSecond.value_or(0) + static_cast<double>(recent.failed) / seconds;
  }

  void estimateEnd() {
    const auto due = view_.counts->due;
    if (due == 0 || view_.isPaused() || view_.donePerSecond.value_or(0) <= 0 || hasTasksThatCannotRun()) return;
    view_.emptyIn = base::durationFromSeconds(static_cast<double>(due) / *view_.donePerSecond);
  }

  // The queue is not empty before an operator does something about them. The others are run, so that these come to be
  // the oldest: only the oldest tasks are looked at.
  bool hasTasksThatCannotRun() {
    const auto oldest = operations::askBroker(stores_, broker_, [](SimpleBroker& broker) {
      return broker.keeper().list({.state = TaskState::Due}, "", kMaxOldestTasksExamined);
    });
    if (!oldest) return false;
    const auto known = operations::taskNamesKnownAt(stores_, broker_);
    return std::ranges::any_of(oldest->tasks, [&](const FoundTask& found) {
      const auto name = operations::listedTaskOf(found, "").name;
      const bool isPaused = std::ranges::any_of(view_.pauses, [&](const auto& pause) { return pause.name == name; });
      return isPaused || (known && !known->contains(broker::withoutBackslash(name)));
    });
  }

  void note(const Error& error) {
    if (!operations::isMissing(error)) view_.cannot.push_back(error.message());
  }

  operations::Stores& stores_;
  const std::size_t broker_;
  QueueView& view_;
};

}  // namespace

bool QueueView::isPaused() const {
  return std::ranges::any_of(pauses, [](const PausedTasks& pause) { return pause.name.empty(); });
}

std::vector<QueueView> Operations::queues() {
  std::vector<QueueView> views;
  for (auto& counted : stores_->queues.tasksCount()) {
    QueueView view{.name = std::move(counted.name), .type = std::move(counted.type), .priority = counted.priority};
    view.counts = std::move(counted.counts);
    const bool isMissing = !view.counts && operations::isMissing(view.counts.error());
    if (isMissing) view.counts = TaskCounts();  // the store does not exist yet, so no tasks
    if (view.counts && !isMissing) QueueViewer(*stores_, views.size(), view).fillView();
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace leptir
