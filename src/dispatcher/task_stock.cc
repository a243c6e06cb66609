#include "dispatcher/task_stock.h"

#include <algorithm>
#include <utility>

namespace leptir::dispatcher {

void TaskStock::noteClosed(std::uint32_t broker) {
  brokers_[broker].mayHaveMore = false;
  brokers_[broker].tasks.clear();
  brokers_[broker].aside.clear();
}

void TaskStock::add(StockedTask&& stocked) {
  brokers_[stocked.task.broker].tasks.push_back(std::move(stocked));
}

void TaskStock::addFirst(StockedTask&& stocked) {
  brokers_[stocked.task.broker].tasks.push_front(std::move(stocked));
}

void TaskStock::setAside(StockedTask&& stocked) {
  auto& aside = brokers_[stocked.task.broker].aside;
  const auto order = [](const StockedTask& each) { return each.task.limitedOrder; };
  aside.insert(std::ranges::upper_bound(aside, order(stocked), {}, order), std::move(stocked));
}

bool TaskStock::isEmpty() const {
  return std::ranges::all_of(brokers_,
                             [](const BrokerStock& stock) { return stock.tasks.empty() && stock.aside.empty(); });
}

StockedTask TaskStock::takeFirst(std::uint32_t broker) {
  auto stocked = std::move(first(broker));
  dropFirst(broker);
  return stocked;
}

std::size_t TaskStock::countAside(std::uint32_t broker, std::uint32_t limitedName) const {
  return static_cast<std::size_t>(std::ranges::count(
      brokers_[broker].aside, limitedName, [](const StockedTask& stocked) { return stocked.task.limitedName; }));
}

std::deque<StockedTask> TaskStock::takeAll(std::uint32_t broker) {
  return std::exchange(brokers_[broker].tasks, {});
}

}  // namespace leptir::dispatcher
