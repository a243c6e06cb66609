#include "dispatcher/task_stock.h"

#include <algorithm>
#include <utility>

namespace leptir::dispatcher {

void TaskStock::noteClosed(std::uint32_t broker) {
  brokers_[broker].mayHaveMore = false;
  brokers_[broker].tasks.clear();
}

void TaskStock::add(StockedTask&& stocked) {
  brokers_[stocked.task.broker].tasks.push_back(std::move(stocked));
}

void TaskStock::addFirst(StockedTask&& stocked) {
  brokers_[stocked.task.broker].tasks.push_front(std::move(stocked));
}

bool TaskStock::isEmpty() const {
  return std::ranges::all_of(brokers_, [](const BrokerStock& stock) { return stock.tasks.empty(); });
}

std::deque<StockedTask> TaskStock::takeAll(std::uint32_t broker) {
  return std::exchange(brokers_[broker].tasks, {});
}

}  // namespace leptir::dispatcher
