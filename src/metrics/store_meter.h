// Counts and times the calls of one store thread to its store.
#pragma once

#include <utility>

#include "leptir/clock.h"
#include "metrics/metrics_table.h"
#include "metrics/observe.h"

namespace leptir::metrics {

// Costs two readings of the clock for each call, which is about a batch of tasks. Any thread; several may share a row.
class StoreMeter {
 public:
  // Counts nothing.
  StoreMeter() = default;
  // Null: counts nothing. Both must outlive the object.
  StoreMeter(StoreRow* row, const Clock& clock) : row_(row), clock_(&clock) {}

  // Performs `call`, which answers a Result, and returns its answer.
  template <class Call>
  auto time(StoreOperation operation, Call&& call) const {
    if (row_ == nullptr) return std::forward<Call>(call)();
    const auto began = clock_->bootTime();
    auto answer = count(operation, std::forward<Call>(call));
    observe(cellsOf(operation).time, clock_->bootTime() - began);
    return answer;
  }
  // As time(), but records no duration: for a call that may wait for tasks, whose duration says nothing about the
  // store.
  template <class Call>
  auto count(StoreOperation operation, Call&& call) const {
    auto answer = std::forward<Call>(call)();
    if (row_ == nullptr) return answer;
    add(cellsOf(operation).calls);
    if (!answer) add(cellsOf(operation).errors);
    return answer;
  }

 private:
  OperationCells& cellsOf(StoreOperation operation) const {
    return row_->operations[static_cast<std::size_t>(operation)];
  }

  StoreRow* row_ = nullptr;
  const Clock* clock_ = nullptr;
};

}  // namespace leptir::metrics
