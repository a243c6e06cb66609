// Counts settled tasks by broker, name and end. Names are bounded: kMaxNameRows have rows of their own, all others are
// counted together.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "metrics/metrics_table.h"

namespace leptir::metrics {

// Used by the dispatcher's main thread. count() costs some nanoseconds: it looks no name up and reads no clock.
class TaskCounters {
 public:
  // A name that was not counted for this long may lose its row to another one, so that those with rows are the busiest.
  static constexpr Duration kNameIdleAfter = std::chrono::minutes(10);

  // SettledTask::broker is an index of `brokers` (rows as of claimBrokerRows), SettledTask::name counts `names` from 1.
  // Names that have a row, perhaps from an earlier dispatcher, keep it. `table` must outlive the object.
  TaskCounters(MetricsTable& table, std::vector<BrokerRow*> brokers, const std::vector<std::string>& names,
               BootTime now);

  // Gives a name a row while there are free ones, so that its series begin at zero and not with its first task.
  // `name`: as SettledTask::name.
  void initializeSeries(std::uint32_t name);

  void count(const SettledTask& task);
  // To be called about once a second: every kNameIdleAfter it finds the names of which no task was counted since.
  void updateIdleRows(BootTime now);

 private:
  static constexpr std::uint16_t kNoRow = 0xffff;

  std::size_t findOrClaimRow(std::uint32_t name);
  void claimRow(std::uint32_t name);
  std::size_t takeIdleRow();
  std::uint64_t tasksCountedInRow(std::size_t row) const;

  MetricsTable& table_;
  const std::vector<BrokerRow*> brokers_;
  std::vector<std::string> labels_;    // of the names; labels_[0] is of no name
  std::vector<std::uint16_t> rows_;    // of the names
  std::size_t usedRows_ = 0;           // rows that have a label
  std::vector<std::size_t> idleRows_;  // the one that counted least comes last
  std::array<std::uint64_t, kMaxNameRows> countedBefore_{};
  BootTime nextIdleCheck_;
};

}  // namespace leptir::metrics
