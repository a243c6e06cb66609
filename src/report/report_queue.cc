#include "report/report_queue.h"

#include <utility>

namespace leptir::report {

std::vector<std::size_t> ReportQueue::add(ErrorReport report) {
  const auto bytes = bytesOf(report);
  const auto shared = std::make_shared<const ErrorReport>(std::move(report));
  std::vector<std::size_t> droppedFor;
  for (std::size_t reporter = 0; reporter < queues_.size(); ++reporter) {
    auto& queue = queues_[reporter];
    if (hasRoomFor(bytes, queue)) {
      queue.reports.push_back(shared);
      queue.bytes += bytes;
    } else {
      droppedFor.push_back(reporter);
    }
  }
  return droppedFor;
}

// An empty queue takes a report of any size.
bool ReportQueue::hasRoomFor(std::size_t bytes, const Queue& queue) {
  if (queue.reports.empty()) return true;
  return queue.reports.size() < kMaxWaitingReports && queue.bytes + bytes <= kMaxWaitingBytes;
}

std::optional<ReportQueue::Next> ReportQueue::take() {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto reporter = (turn_ + i) % queues_.size();
    auto& queue = queues_[reporter];
    if (queue.reports.empty()) continue;
    turn_ = (reporter + 1) % queues_.size();
    Next next{reporter, std::move(queue.reports.front())};
    queue.reports.pop_front();
    queue.bytes -= bytesOf(*next.report);
    return next;
  }
  return std::nullopt;
}

std::size_t ReportQueue::clear() {
  const auto dropped = waiting();
  for (auto& queue : queues_) queue = {};
  return dropped;
}

std::size_t ReportQueue::waiting() const {
  std::size_t waiting = 0;
  for (const auto& queue : queues_) waiting += queue.reports.size();
  return waiting;
}

}  // namespace leptir::report
