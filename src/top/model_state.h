// The inside of the model: what it knows, and how its threads ask the stores.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "top/model.h"
#include "top/poller.h"

namespace leptir::top {

// The mutex guards all that snapshots are made of; no thread holds it while it asks a store.
struct Model::State {
  // What one source has told last.
  struct SourceState {
    Source source;
    StoreAnswer answer{};
    std::vector<QueueView> queues{};
    FleetView fleet{};
  };

  State(Sources given, Options chosen, Wake& wake)
      : sources(std::move(given)), options(std::move(chosen)), changed(wake) {}

  Time now() const { return options.clock->now(); }

  // Calls `change` with the mutex held, and has the screen drawn again.
  template <class Change>
  void update(Change change) {
    {
      const std::lock_guard lock(mutex);
      change();
    }
    changed.ring();
  }

  // Each is called by one thread, that of a poller.
  AskResult askQueues(SourceState& state);
  AskResult askFailures();
  void askPage();
  void countTasks();
  void doActions();

  // With the mutex held.
  void updateQueues(SourceState& state, std::vector<QueueView> queues);
  void updateInstancesAndRates();

  void fetchText(const TaskTextQuery& textQuery);
  void fetchRows(const TaskQuery& query);
  std::optional<Action> nextAction();
  bool showProgress(const Action& action, const ActionProgress& progress);

  const Sources sources;
  const Options options;
  Wake& changed;

  std::atomic<bool> isEnding = false;  // an action on many tasks stops after its slice

  std::mutex mutex;  // guards the members below, up to the pollers
  std::vector<std::unique_ptr<SourceState>> queueSources;
  SourceState records;
  std::vector<InstanceView> instances;
  std::map<std::string, Trend> growth;
  RateMeter meter;
  std::vector<ListedTask> failures;
  std::optional<TaskTextQuery> wantedTextQuery;
  std::optional<TaskQuery> wantedQuery;
  TaskText text;
  TaskRows rows;
  std::optional<std::pair<std::uint64_t, Action>> wantedCount;
  std::optional<TaskCount> count;
  std::deque<Action> actions;
  std::optional<ActionNews> news;

  // Made by the constructor of Model and unchanged afterwards; last, since their threads use the members above.
  std::vector<std::unique_ptr<Poller>> pollers;
  std::unique_ptr<Poller> pages, counting, acting;
};

}  // namespace leptir::top
