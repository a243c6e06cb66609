// The entries of a status board in shared memory: one process writes an entry while others may read it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/sequence_lock.h"
#include "leptir/clock.h"
#include "link/status_board.h"

namespace leptir::link {

// The state of the instance. Written by the master.
struct InstanceStateEntry {
  base::SequenceLock lock;
  base::RelaxedValue<InstanceState> state;
  base::RelaxedText<240> waitsFor;
};

// What one worker does. Written by the dispatcher, except the pid, which the master writes.
struct WorkerEntry {
  std::atomic<std::int32_t> pid{0};
  base::SequenceLock lock;
  base::RelaxedValue<bool> busy;
  base::RelaxedValue<std::int64_t> taskStartedBoot;
  base::RelaxedValue<double> progress;
  base::RelaxedText<256> taskId;
  base::RelaxedText<256> taskName;
  base::RelaxedText<116> progressText;
};

// What became of error reports. Written by the dispatcher, except `enabled` and the pid, which the master writes. A
// successor of the dispatcher goes on counting. BoardErrorReports (status_board.h) explains the counters.
struct ErrorReportsEntry {
  std::atomic<bool> enabled{false};
  std::atomic<std::int32_t> pid{0};
  std::atomic<std::uint64_t> sent{0}, failed{0}, dropped{0}, repeated{0}, waiting{0};
  base::SequenceLock lock;
  base::RelaxedText<240> failing;
};

// The metrics server. Written by the master; `listening` and `problem` also by the server itself while it starts.
struct MetricsServerEntry {
  std::atomic<std::int32_t> pid{0};
  std::atomic<bool> listening{false};
  base::SequenceLock lock;
  base::RelaxedText<256> address;  // empty: none is configured
  base::SequenceLock problemLock;
  base::RelaxedText<376> problem;
};

// What became of spans. Written by the dispatcher. A successor of the dispatcher goes on counting.
struct SpansEntry {
  std::atomic<bool> enabled{false}, failing{false};
  std::atomic<std::uint64_t> sent{0}, dropped{0}, waiting{0};
};

BoardWorker readWorkerEntry(const WorkerEntry& entry, int slot, BootTime now);
std::pair<InstanceState, std::string> readInstanceStateEntry(const InstanceStateEntry& entry);
std::optional<BoardErrorReports> readErrorReportsEntry(const ErrorReportsEntry& entry);
std::optional<BoardMetricsServer> readMetricsServerEntry(const MetricsServerEntry& entry);
std::optional<BoardSpans> readSpansEntry(const SpansEntry& entry);

}  // namespace leptir::link
