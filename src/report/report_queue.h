// ReportQueue: the reports that wait for the process of the reporters, with a queue for each reporter. The reporters
// take turns, so a slow one delays the others by one report at a time and fills its own queue alone.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "report/error_report.h"

namespace leptir::report {

// The most reports that wait for one reporter, and the most bytes of them. Further ones are dropped, and counted: the
// first reports of a series say more than the last ones.
inline constexpr std::size_t kMaxWaitingReports = 1000;
inline constexpr std::size_t kMaxWaitingBytes = std::size_t{16} << 20;

// Used by one thread.
class ReportQueue {
 public:
  struct Next {
    std::size_t reporter = 0;  // its index
    std::shared_ptr<const ErrorReport> report;
  };

  explicit ReportQueue(std::size_t reporters) : queues_(reporters) {}

  // Adds the report for each reporter. Returns the reporters for which it was dropped, since their queues are full.
  std::vector<std::size_t> add(ErrorReport report);
  // Takes out the next report, of the reporter whose turn it is. nullopt: no report waits.
  std::optional<Next> take();
  // Drops all; returns how many there were.
  std::size_t clear();

  std::size_t waiting() const;

 private:
  struct Queue {
    std::deque<std::shared_ptr<const ErrorReport>> reports{};
    std::size_t bytes = 0;
  };
  static bool hasRoomFor(std::size_t bytes, const Queue& queue);

  std::vector<Queue> queues_;  // one for each reporter
  std::size_t turn_ = 0;       // the reporter to ask first
};

}  // namespace leptir::report
