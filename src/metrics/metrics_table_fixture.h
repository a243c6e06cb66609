// For tests: a table as it stands in shared memory, zeroed, and what a reader sees of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "metrics/read_metrics_table.h"
#include "metrics/rows.h"
#include "metrics/task_counters.h"

namespace leptir::metrics {

class MetricsTableTest : public ::testing::Test {
 protected:
  Snapshot read() const {
    Snapshot snapshot;
    readMetricsTable(*table, snapshot);
    return snapshot;
  }

  // How many tasks of this name ended so, over all brokers.
  std::uint64_t counted(const std::string& name, TaskEnd end = TaskEnd::Succeeded) const {
    std::uint64_t tasks = 0;
    for (const auto& task : read().tasks) {
      if (task.name == name) tasks += task.ends[static_cast<std::size_t>(end)];
    }
    return tasks;
  }

  // Counters of a dispatcher that knows these names, "a" of number 1 and so on.
  TaskCounters countersOf(const std::vector<std::string>& names, const std::vector<std::string>& brokers = {"main"}) {
    return {*table, claimBrokerRows(*table, brokers), names, now};
  }

  static std::vector<std::string> manyNames(std::size_t number) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < number; ++i) names.push_back("task" + std::to_string(i));
    return names;
  }

  const std::unique_ptr<MetricsTable> table = std::make_unique<MetricsTable>();
  BootTime now{std::chrono::hours(1)};
};

}  // namespace leptir::metrics
