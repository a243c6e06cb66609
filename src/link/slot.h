// A slot: the shared memory by which one worker, the dispatcher and the master exchange tasks. The master makes it
// before it forks, so it outlives workers and dispatchers. Its cells form a ring: the dispatcher assigns and the worker
// executes in ring order; the dispatcher takes assigned tasks back from the end of the ring.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/process_tree.h"
#include "leptir/result.h"
#include "link/assignment_area.h"
#include "link/cell.h"
#include "link/crash_report.h"
#include "link/outcome_area.h"
#include "link/verdict_area.h"

namespace leptir::link {

// The number of the slot whose worker runs error reports, beyond those of the workers that run tasks.
inline constexpr int kReportSlot = base::kMaxWorkers;

// Owns the mapping of one slot: the state words of its cells, an area for what each process writes about them, and a
// few values by which the processes coordinate. Each function says which process calls it.
class Slot {
 public:
  // Maps the shared memory of a slot: about 170 MB of addresses, of which only the used pages take memory.
  // Unavailable: out of memory.
  static Result<Slot> create();

  // Worker, right after its fork: makes the parts read-only that master and dispatcher write.
  Result<void> confineToWorker();
  // Worker, right after its fork: unmaps the slot of another worker. The object must not be used afterwards.
  void unmap();

  // Any process.
  CellWord word(std::size_t cell) const;
  // Compare-and-swap of the state word, the only way a state changes. False: the word was not `from`.
  bool change(std::size_t cell, CellWord from, CellWord to);

  AssignmentArea& assignments() { return assignments_; }
  const AssignmentArea& assignments() const { return assignments_; }
  OutcomeArea& outcomes() { return outcomes_; }
  const OutcomeArea& outcomes() const { return outcomes_; }
  VerdictArea& verdicts() { return verdicts_; }
  const VerdictArea& verdicts() const { return verdicts_; }
  // Where the signal handler of a dying worker writes. The master reads a checked copy (copyCrashReport), and clears
  // the report before the next worker starts.
  CrashReport& crashReport() const;

  // The position up to which the worker's stderr has been forwarded. Written by the dispatcher. The master resets it to
  // 0 before it starts a new worker, unless a part of the stderr or a died cell still waits for the dispatcher.
  std::atomic<std::uint64_t>& stderrForwarded() const;

  // Worker: lists the processes that its tasks left behind on purpose (keep_descendants). The master does not kill them
  // together with the worker, and empties the list for the next worker.
  static constexpr std::size_t kMaxKeptDescendants = 64;
  void writeKeptDescendants(const std::vector<base::ProcessInfo>& processes);
  std::vector<base::ProcessInfo> readKeptDescendants() const;

  // Written by the worker, read by any process.
  void writeProgress(double fraction, std::string_view text);
  std::pair<double, std::string> readProgress() const;
  // Nonzero while the worker waits for its bell; the dispatcher rings only then. Set by the worker.
  std::atomic<std::uint32_t>& workerSleeps();
  // Nonzero once the worker's start hooks have returned; before that it begins no assigned task. Set by the worker,
  // cleared by the master when it has reaped the worker.
  std::atomic<std::uint32_t>& workerReady();

  // Set by the master: the present worker begins no further task and exits. Cleared by the master before the next
  // worker starts.
  std::atomic<std::uint32_t>& workerMustExit();
  bool mustWorkerExit() const;

 private:
  struct Unmap {
    void operator()(char* memory) const;
  };
  friend struct SlotVandal;  // tests: overwrites the slot as a faulty task would
  explicit Slot(char* memory) : memory_(memory), assignments_(memory), outcomes_(memory), verdicts_(memory) {}

  std::unique_ptr<char, Unmap> memory_;
  AssignmentArea assignments_;
  OutcomeArea outcomes_;
  VerdictArea verdicts_;
};

}  // namespace leptir::link
