// The stock: leased tasks that wait for a free cell, by broker; and whether a broker's store may have more tasks due.
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

  bool isEmpty() const;
  bool isEmpty(std::uint32_t broker) const { return brokers_[broker].tasks.empty(); }
  std::size_t size(std::uint32_t broker) const { return brokers_[broker].tasks.size(); }
  // Of a broker whose stock is not empty.
  StockedTask& first(std::uint32_t broker) { return brokers_[broker].tasks.front(); }
  void dropFirst(std::uint32_t broker) { brokers_[broker].tasks.pop_front(); }
  // Takes all tasks of a broker out of the stock.
  std::deque<StockedTask> takeAll(std::uint32_t broker);

  template <class Visit>
  void forEachTask(std::uint32_t broker, Visit&& visit) const {
    for (const auto& stocked : brokers_[broker].tasks) visit(stocked.task);
  }
  // Takes those tasks of a broker out of the stock for which `isTaken` answers true. It may move from them.
  template <class IsTaken>
  void takeIf(std::uint32_t broker, IsTaken&& isTaken) {
    auto& tasks = brokers_[broker].tasks;
    auto kept = tasks.begin();
    for (auto stocked = tasks.begin(); stocked != tasks.end(); ++stocked) {
      if (isTaken(*stocked)) continue;
      if (kept != stocked) *kept = std::move(*stocked);
      ++kept;
    }
    tasks.erase(kept, tasks.end());
  }

 private:
  struct BrokerStock {
    std::deque<StockedTask> tasks;
    bool mayHaveMore = false;
    std::uint64_t deliveredTasks = 0;
  };

  std::vector<BrokerStock> brokers_;
};

}  // namespace leptir::dispatcher
