// The counters of one instance in shared memory. They are a part of the status board, which the master makes before it
// forks, so they outlive each dispatcher: its successor counts on. Workers have the board read-only.
//
// Each value is a relaxed atomic of its own; no reader and no writer ever waits. What rows are about (a task name, a
// broker, a meta storage) stands in them as a label, whose lock tells readers that the row is being given to another
// label. Zeroed memory is a valid empty table.
//
// Who writes: the dispatcher's main thread the names, the ends of tasks, the labels and the log lines; its store
// threads the values of their store; the master the processes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "base/sequence_lock.h"
#include "metrics/counted.h"

namespace leptir::metrics {

// How many task names have rows of their own, and the row in which all others are counted.
inline constexpr std::size_t kMaxNameRows = 256, kOtherRow = kMaxNameRows;
// How many meta storages are counted; further ones are not.
inline constexpr std::size_t kMaxStorageRows = 64;
// Longer labels are cut.
inline constexpr std::size_t kLabelBytes = 128;

using Counter = std::atomic<std::uint64_t>;

inline std::uint64_t valueOf(const Counter& counter) {
  return counter.load(std::memory_order_relaxed);
}
inline void set(Counter& counter, std::uint64_t value) {
  counter.store(value, std::memory_order_relaxed);
}
// For a counter that one thread alone writes: without the locked instruction of fetch_add.
inline void addAsOnlyWriter(Counter& counter, std::uint64_t more) {
  set(counter, valueOf(counter) + more);
}
// For a counter that several threads write.
inline void add(Counter& counter, std::uint64_t more = 1) {
  counter.fetch_add(more, std::memory_order_relaxed);
}

template <std::size_t kBounds>
struct HistogramCells {
  Counter sum;
  Counter buckets[kBounds + 1];
};
using TimeCells = HistogramCells<kTimeBoundsInMicroseconds.size()>;
using BatchSizeCells = HistogramCells<kBatchSizeBounds.size()>;

// What a row is about. Empty: the row is free.
struct Label {
  base::SequenceLock lock;
  base::RelaxedText<kLabelBytes> text;
};

struct NameRow {
  Label label;
  Counter failures[kFailureCauses];
  TimeCells runTime, queueTime;
  void clear();
};

struct OperationCells {
  Counter calls, errors;
  TimeCells time;
};

// The calls to one store. For a meta storage this is the whole row; for a broker it is a part of its BrokerRow.
struct StoreRow {
  Label label;
  OperationCells operations[kStoreOperations];
  void clear();
};

struct BrokerRow {
  StoreRow store;  // with the label
  // Written by its feeder's thread.
  Counter hasSession, sessionsLost, renewedAt;  // the last one: Unix time in microseconds
  Counter queueCountedAt;                       // Unix time in microseconds; 0: not known
  Counter queueDue, queueScheduled, queueLeased, queueBuried;
  Counter queueOldestDue;  // Unix time in microseconds; 0: no task is due, or the store cannot tell
  BatchSizeCells leased, settled;
  // Written by the main thread.
  Counter inFlight, unknownNameTasks;
  Counter ends[kMaxNameRows + 1][kTaskEnds];  // by the row of the name; valid under the lock of that row's label
  void clear();
};

struct ProcessRow {
  Counter starts, crashes, kills;
};

struct MetricsTable {
  ProcessRow processes[kProcessKinds];
  std::atomic<std::int32_t> dispatcherPid{0};  // 0: none runs
  Counter logLinesDropped, sinkDropsLastRead;  // since the start; by the present sinks
  NameRow names[kMaxNameRows + 1];
  StoreRow storages[kMaxStorageRows];
  BrokerRow brokers[base::kMaxBrokers];
};

}  // namespace leptir::metrics
