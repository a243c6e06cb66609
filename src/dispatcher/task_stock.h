// The stock: leased tasks that wait for a free cell, by broker; and whether a broker's store may have more tasks due. A
// few tasks stand aside: their names run as often as `max_running` allows, and tasks behind them go first.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "settlement/held_task.h"

namespace leptir::dispatcher {

// A leased task that stands in no cell.
struct StockedTask {
  settlement::HeldTask task;
  std::string envelope;
  BootTime since;  // since when it waits
};

class TaskStock {
 public:
  explicit TaskStock(std::size_t brokers) : brokers_(brokers) {}

  // The broker has an open session now. Its store may have tasks.
  void noteOpened(std::uint32_t broker) { brokers_[broker].mayHaveMore = true; }
  // The session is lost or cannot be reached: forgets the stock of the broker. The tasks are still leased there.
  void noteClosed(std::uint32_t broker);
  // The feeder of the broker has delivered some more tasks, in this session or in an earlier one.
  void noteDelivery(std::uint32_t broker, std::size_t tasks) { brokers_[broker].deliveredTasks += tasks; }
  void noteMayHaveMore(std::uint32_t broker, bool mayHaveMore) { brokers_[broker].mayHaveMore = mayHaveMore; }

  // The number of tasks that the feeder has delivered so far.
  std::uint64_t deliveredTasks(std::uint32_t broker) const { return brokers_[broker].deliveredTasks; }
  // Whether the store of an open broker may have more due tasks.
  bool mayHaveMore(std::uint32_t broker) const { return brokers_[broker].mayHaveMore; }

  void add(StockedTask&& stocked);
  // For a task that was assigned before: it goes before all others of its broker.
  void addFirst(StockedTask&& stocked);

  // Puts a task of a name with `max_running` aside: tasks behind it are assigned first.
  void setAside(StockedTask&& stocked);

  // These two count tasks that stand aside as well.
  bool isEmpty() const;
  bool isEmpty(std::uint32_t broker) const { return !hasFirst(broker) && brokers_[broker].aside.empty(); }
  // hasFirst() and size() do not count tasks that stand aside.
  bool hasFirst(std::uint32_t broker) const { return !brokers_[broker].tasks.empty(); }
  std::size_t size(std::uint32_t broker) const { return brokers_[broker].tasks.size(); }
  // The task that is assigned next, of a broker that has one.
  StockedTask& first(std::uint32_t broker) { return brokers_[broker].tasks.front(); }
  void dropFirst(std::uint32_t broker) { brokers_[broker].tasks.pop_front(); }
  StockedTask takeFirst(std::uint32_t broker);
  // Takes all tasks of a broker out of the stock, except those that stand aside.
  std::deque<StockedTask> takeAll(std::uint32_t broker);
  // Takes the tasks that stand aside, those with a lower limitedOrder first, for which `isTaken` answers true.
  template <class IsTaken>
  std::vector<StockedTask> takeFromAside(std::uint32_t broker, IsTaken&& isTaken) {
    std::vector<StockedTask> taken;
    takeIf(brokers_[broker].aside, [&](StockedTask& stocked) {
      if (!isTaken(stocked)) return false;
      taken.push_back(std::move(stocked));
      return true;
    });
    return taken;
  }
  // How many tasks of the name stand aside.
  std::size_t countAside(std::uint32_t broker, std::uint32_t limitedName) const;

  template <class Visit>
  void forEachTask(std::uint32_t broker, Visit&& visit) const {
    for (const auto& stocked : brokers_[broker].tasks) visit(stocked.task);
    for (const auto& stocked : brokers_[broker].aside) visit(stocked.task);
  }
  // Takes those tasks of a broker out of the stock for which `isTaken` answers true. It may move from them.
  template <class IsTaken>
  void takeIf(std::uint32_t broker, IsTaken&& isTaken) {
    takeIf(brokers_[broker].tasks, isTaken);
    takeIf(brokers_[broker].aside, isTaken);
  }

 private:
  struct BrokerStock {
    std::deque<StockedTask> tasks;
    std::deque<StockedTask> aside;  // by limitedOrder
    bool mayHaveMore = false;
    std::uint64_t deliveredTasks = 0;
  };

  template <class IsTaken>
  static void takeIf(std::deque<StockedTask>& tasks, IsTaken&& isTaken) {
    auto kept = tasks.begin();
    for (auto stocked = tasks.begin(); stocked != tasks.end(); ++stocked) {
      if (isTaken(*stocked)) continue;
      if (kept != stocked) *kept = std::move(*stocked);
      ++kept;
    }
    tasks.erase(kept, tasks.end());
  }

  std::vector<BrokerStock> brokers_;
};

}  // namespace leptir::dispatcher
