#include "report/report_queue.h"

#include <utility>

namespace leptir::report {

std::size_t ReportQueue::add(ErrorReport report) {
  const auto shared = std::make_shared<const ErrorReport>(std::move(report));
  std::size_t dropped = 0;
  for (auto& queue : queues_) {
    if (queue.size() >= kMostWaiting) {
      ++dropped;
    } else {
      queue.push_back(shared);
    }
  }
  return dropped;
}

std::optional<ReportQueue::Next> ReportQueue::take() {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto reporter = (turn_ + i) % queues_.size();
    auto& queue = queues_[reporter];
    if (queue.empty()) continue;
    turn_ = (reporter + 1) % queues_.size();
    Next next{reporter, std::move(queue.front())};
    queue.pop_front();
    return next;
  }
  return std::nullopt;
}

std::size_t ReportQueue::clear() {
  const auto dropped = waiting();
  for (auto& queue : queues_) queue.clear();
  return dropped;
}

std::size_t ReportQueue::waiting() const {
  std::size_t waiting = 0;
  for (const auto& queue : queues_) waiting += queue.size();
  return waiting;
}

}  // namespace leptir::report
