#include "metrics/task_counters.h"

#include <algorithm>
#include <utility>

#include "metrics/observe.h"
#include "metrics/rows.h"
#include "metrics/snapshot.h"

namespace leptir::metrics {

TaskCounters::TaskCounters(MetricsTable& table, std::vector<BrokerRow*> brokers, const std::vector<std::string>& names,
                           BootTime now)
    : table_(table),
      brokers_(std::move(brokers)),
      labels_(1),
      rows_(names.size() + 1, kNoRow),
      nextIdleCheck_(now + kNameIdleAfter) {
  for (const auto& name : names) labels_.push_back(labelOf(name));
  for (const auto& row : usedNameRows(table_)) {
    const auto label = row.label.text.load();
    for (std::size_t name = 1; name < labels_.size(); ++name) {
      if (labels_[name] == label) rows_[name] = static_cast<std::uint16_t>(usedRows_);
    }
    ++usedRows_;
  }
  for (std::size_t name = 0; name < labels_.size(); ++name) {
    if (labels_[name].empty() || labels_[name] == kOtherNamesLabel) rows_[name] = kOtherRow;
  }
}

void TaskCounters::initializeSeries(std::uint32_t name) {
  if (name < rows_.size() && rows_[name] == kNoRow && usedRows_ < kMaxNameRows) claimRow(name);
}

void TaskCounters::count(const SettledTask& task) {
  const auto row = findOrClaimRow(task.name);
  auto& name = table_.names[row];
  if (task.broker < brokers_.size() && brokers_[task.broker] != nullptr)
    addAsOnlyWriter(brokers_[task.broker]->ends[row][static_cast<std::size_t>(task.end)], 1);
  if (task.cause != FailureCause::None) addAsOnlyWriter(name.failures[static_cast<std::size_t>(task.cause)], 1);
  if (task.runTime != SettledTask::kNotMeasured) observeAsOnlyWriter(name.runTime, task.runTime);
  if (task.queueTime != SettledTask::kNotMeasured) observeAsOnlyWriter(name.queueTime, task.queueTime);
}

std::size_t TaskCounters::findOrClaimRow(std::uint32_t name) {
  if (name >= rows_.size()) return kOtherRow;
  if (rows_[name] == kNoRow) claimRow(name);
  return rows_[name] == kNoRow ? kOtherRow : rows_[name];
}

// Names whose labels are equal share a row.
void TaskCounters::claimRow(std::uint32_t name) {
  const auto row = usedRows_ < kMaxNameRows ? usedRows_++ : takeIdleRow();
  if (row == kOtherRow) return;
  for (auto& other : rows_) {
    if (other == row) other = kNoRow;
  }
  relabelNameRow(table_, row, labels_[name]);
  for (std::size_t other = 1; other < labels_.size(); ++other) {
    if (labels_[other] == labels_[name]) rows_[other] = static_cast<std::uint16_t>(row);
  }
}

// A row that was counted since updateIdleRows() keeps its name.
std::size_t TaskCounters::takeIdleRow() {
  while (!idleRows_.empty()) {
    const auto row = idleRows_.back();
    idleRows_.pop_back();
    if (tasksCountedInRow(row) == countedBefore_[row]) return row;
  }
  return kOtherRow;
}

void TaskCounters::updateIdleRows(BootTime now) {
  if (now < nextIdleCheck_) return;
  nextIdleCheck_ = now + kNameIdleAfter;
  idleRows_.clear();
  for (std::size_t row = 0; row < usedRows_; ++row) {
    const auto counted = tasksCountedInRow(row);
    if (counted == std::exchange(countedBefore_[row], counted)) idleRows_.push_back(row);
  }
  std::ranges::sort(idleRows_, std::greater(), [this](std::size_t row) { return countedBefore_[row]; });
}

std::uint64_t TaskCounters::tasksCountedInRow(std::size_t row) const {
  std::uint64_t counted = 0;
  for (const auto& broker : usedBrokerRows(table_)) {
    for (const auto& end : broker.ends[row]) counted += valueOf(end);
  }
  return counted;
}

}  // namespace leptir::metrics
