// A slot: the shared memory by which one worker, the dispatcher and the master exchange tasks. The master makes it
// before it forks, so it outlives workers and dispatchers. Its cells form a ring: the dispatcher assigns and the worker
// executes in ring order; the dispatcher takes assigned tasks back from the end of the ring.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_tree.h"
#include "base/sequence_lock.h"
#include "leptir/result.h"
#include "link/cell.h"

namespace leptir::link {

inline constexpr std::size_t kCells = 1024;

// The progress that the running task reports, for `status`.
struct SlotProgress {
  base::SequenceLock lock;
  base::RelaxedValue<double> fraction;
  base::RelaxedText<116> text;
};

// The assignment of a task to a worker, as the dispatcher writes it and as it is read back.
struct Assignment {
  std::uint64_t sequence = 0;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  LeaseId lease;
  Counters counters;
  Duration timeLimit{};
  BootTime assigned{};
  bool needsFreshWorker = false;  // only a worker that has run no task yet may run it; that worker exits afterwards
  std::string_view envelope;      // when read: points into the slot, valid until the cell is freed
};

// How the master ended a task, or how the task's worker died.
struct Verdict {
  StopReason reason = StopReason::None;
  BootTime started{};
  BootTime ended{};
  int pid = 0;
  int signal = 0;
  int exitCode = 0;
  Duration cpuTime{};
  std::uint64_t maxRss = 0;
  std::string cancelledBy;  // set only when read: the user who asked to cancel, where the reason is Cancel

  CrashReportKind crashReport = CrashReportKind::None;
  bool oomKilled = false;          // the kernel killed the worker because memory ran out
  int signalSender = 0;            // pid of the process that sent the signal; zero: no process, or not known
  std::uint64_t faultAddress = 0;  // of a memory fault
  std::uint64_t stderrFrom = 0, stderrTo = 0;

  // Set only when read: what the crash symbolizer found, and the end of the worker's stderr, which the dispatcher adds.
  std::string exception;           // "std::runtime_error: its text"
  std::vector<std::string> stack;  // innermost first
  std::string stderrTail;
};

// The result of the crash symbolizer as one text: its first line is the exception (or empty), each further line a stack
// frame. A text that does not fit is cut and says so.
std::string encodeSymbolizedStack(std::string_view exception, const std::vector<std::string>& stack);

// Owns the mapping of one slot and gives access to its parts. Each function says which process calls it.
class Slot {
 public:
  // Maps the shared memory of a slot: about 170 MB of addresses, of which only the used pages take memory.
  // Unavailable: out of memory.
  static Result<Slot> create();
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&& other) noexcept;
  ~Slot();

  // Worker, right after its fork: makes the parts read-only that master and dispatcher write.
  Result<void> confineToWorker();
  // Worker, right after its fork: unmaps the slot of another worker. The object must not be used afterwards.
  void unmap();

  // Any process.
  CellWord word(std::size_t cell) const;
  // Compare-and-swap of the state word, the only way a state changes. False: the word was not `from`.
  bool change(std::size_t cell, CellWord from, CellWord to);

  // Dispatcher, on a free cell, before change(free → assigned). An envelope that needs the large area may be assigned
  // only while the slot is empty. TooLarge: it does not fit into the large area either.
  Result<void> writeAssignment(std::size_t cell, const Assignment& assignment);
  // Whether an envelope with this handle fits a cell, or needs the large area and an empty slot.
  static bool needsLargeArea(std::size_t handleBytes, std::size_t envelopeBytes) {
    return handleBytes + envelopeBytes > kCellBodyBytes;
  }
  // Any process, on a cell that is not free.
  Assignment readAssignment(std::size_t cell) const;
  const AssignmentHeader& assignmentHeader(std::size_t cell) const;
  // Dispatcher, when it begins to settle the task in a cell: how many dispatchers have begun to, this one included. A
  // high number means that settling this task crashes dispatchers.
  std::uint32_t countSettleTry(std::size_t cell);
  // Dispatcher: settling this task waits for a store, so a dispatcher that dies meanwhile did not die of the task.
  void forgetSettleTries(std::size_t cell);
  // Master, while no dispatcher runs: the last dispatcher exited on request, so no task crashed it.
  void forgetSettleTries();
  // The envelope alone, without a copy.
  std::string_view envelopeIn(std::size_t cell) const;

  // Worker, on its executing cell; `begin` before the user's code runs. `writeOutcome` returns false while an earlier
  // outcome, not settled yet, occupies the large area: wait and try again.
  void begin(std::size_t cell, BootTime now, int pid = 0);
  void noteCpuTimeBefore(std::size_t cell, Duration cpuTime);
  bool writeOutcome(std::size_t cell, std::string_view outcome);
  // Dispatcher and master. Corrupt: size or checksum is wrong. The view is valid until the cell is freed.
  Result<std::string_view> readOutcome(std::size_t cell) const;
  BootTime startedBoot(std::size_t cell) const;
  // As the worker reports it, like startedBoot; Duration::max() while it is not known.
  Duration cpuTimeBefore(std::size_t cell) const;
  int workerPid(std::size_t cell) const;

  // Dispatcher: asks the master to end the task in this cell (reason Cancel or LeaseLost), now or once it begins.
  // `by`: the user who asked, cut at 127 bytes. Ring the master's bell afterwards.
  void cancelRequest(std::size_t cell, StopReason reason, std::string_view by);
  // Master: why the dispatcher asks to end the task that has the state word `word`; None: it does not ask.
  StopReason cancelRequestFor(std::size_t cell, CellWord word) const;

  // Master, on a stopping cell, before change(stopping → died).
  void writeVerdict(std::size_t cell, const Verdict& verdict);
  // Dispatcher, on a died cell.
  Verdict readVerdict(std::size_t cell) const;

  // Worker, while it dies: where its signal handler writes the crash report. Takes no lock and allocates no memory.
  CrashReport& crashReport() const;
  // Master, before a worker starts.
  void clearCrashReport();
  // Master, after the worker `pid` died: a copy of its crash report, with every size checked. Null: it wrote none.
  std::unique_ptr<CrashReport> copyCrashReport(int pid) const;

  // The stack in a verdict. The master announces it between writeVerdict and change(stopping → died); its child, the
  // crash symbolizer, writes it; the master closes it once that child has ended in any way.
  void beginSymbolizing(std::size_t cell);
  void writeSymbolizedStack(std::size_t cell, std::string_view text);
  void endSymbolizing(std::size_t cell);
  // Dispatcher, on a died cell: whether to wait for the stack before reading the verdict; true for 3 s at the longest.
  bool isSymbolizing(std::size_t cell, BootTime now) const;

  // The position up to which the worker's stderr has been forwarded. Written by the dispatcher, reset to 0 by the
  // master.
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

  // The assigned cell with the lowest sequence, where a new worker begins. None: no cell is assigned.
  std::optional<std::size_t> firstAssigned() const;
  // The cell that is executing or stopping; none: no task runs. Unless a task overwrote state words, there is one at
  // most.
  std::optional<std::size_t> running() const;

 private:
  struct WorkerPart;         // read-write for all processes: state words, progress, outcome headers
  struct AssignmentPart;     // read-only for the worker
  struct VerdictPart;        // read-only for the worker
  friend struct SlotVandal;  // tests: overwrites the slot as a faulty task would
  explicit Slot(void* memory) : memory_(memory) {}

  WorkerPart& workerPart() const;
  AssignmentPart& assignmentPart() const;
  VerdictPart& verdictPart() const;
  char* outcomeBody(std::size_t cell) const;
  char* assignmentBody(std::size_t cell) const;
  char* largeOutcome() const;
  char* largeAssignment() const;
  char* symbolizedStackBody(std::size_t cell) const;
  void readSymbolizedStack(std::size_t cell, Verdict& verdict) const;

  void* memory_ = nullptr;
};

}  // namespace leptir::link
