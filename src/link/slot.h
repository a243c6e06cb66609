// A slot: all that passes between one worker, the dispatcher and the master. It outlives each of them: the master makes
// it before any fork. A ring of cells; the dispatcher assigns in ring order, the worker executes in ring order, the
// dispatcher takes back from the end.
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

namespace leptir {

inline constexpr std::size_t kCells = 1024;

// What a running task says about itself, for `status`.
struct SlotProgress {
  SequenceLock lock;
  RelaxedValue<double> fraction;
  RelaxedText<116> text;
};

// An assignment as the dispatcher writes it and as it is read back.
struct Assignment {
  std::uint64_t sequence = 0;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  LeaseId lease;
  Counters counters;
  Duration timeLimit{};
  BootTime assigned{};
  bool fresh = false;         // only for a worker that has run nothing yet, which ends afterwards
  std::string_view envelope;  // into the slot when read: valid while the cell is not freed
};

struct Verdict {
  StopReason reason = StopReason::None;
  BootTime started{};
  BootTime ended{};
  int pid = 0;
  int signal = 0;
  int exitCode = 0;
  Duration cpuTime{};
  std::uint64_t maxRss = 0;
  std::string cancelledBy;  // read only: who wished it, where the reason is Cancel

  LastWordsKind lastWords = LastWordsKind::None;
  bool oomKilled = false;          // the kernel ran out of memory and chose this worker
  int sender = 0;                  // who sent the signal; zero: nobody did, or nobody knows
  std::uint64_t faultAddress = 0;  // of a memory fault
  std::uint64_t stderrFrom = 0, stderrTo = 0;

  // Read only: what the autopsy found, and what the dispatcher adds from the worker's stderr.
  std::string exception;           // "std::runtime_error: its text"
  std::vector<std::string> stack;  // innermost first
  std::string stderrTail;
};

// What an autopsy finds: one text, whose first line is the exception (or empty), each further one a frame.
std::string encodeAutopsy(std::string_view exception, const std::vector<std::string>& stack);

// Views into one mapping; whoever maps it owns it. Each function says which process calls it.
class Slot {
 public:
  // Maps the shared memory of a slot: sparse, about 170 MB of addresses of which only what is used becomes memory.
  // Unavailable: out of memory.
  static Result<Slot> create();
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&& other) noexcept;
  ~Slot();

  // Worker, right after its fork: what the others write becomes read-only for it.
  Result<void> confineToWorker();
  // Worker, right after its fork: gives up another worker's slot. The object must not be used afterwards.
  void unmap();

  // Anyone.
  CellWord word(std::size_t cell) const;
  // The only way a state changes. False: it was not `from` any more.
  bool change(std::size_t cell, CellWord from, CellWord to);

  // Dispatcher, on a free cell that it is the only one to assign; then change(free → assigned). Unsupported: needs the
  // large area while another assignment holds it, or is larger than that: assign it when the slot is empty.
  Result<void> writeAssignment(std::size_t cell, const Assignment& assignment);
  // Whether an envelope with this handle fits a cell, or needs the large area and an empty slot.
  static bool needsLargeArea(std::size_t handleBytes, std::size_t envelopeBytes) {
    return handleBytes + envelopeBytes > kCellBodyBytes;
  }
  // Anyone, of a cell that is not free.
  Assignment readAssignment(std::size_t cell) const;
  const AssignmentHeader& assignmentHeader(std::size_t cell) const;
  // Dispatcher, when it takes what came of the task in a cell: how many dispatchers have done so, this one included.
  std::uint32_t countSettleTry(std::size_t cell);
  // Dispatcher: this one waits for a store, and no dispatcher that dies meanwhile dies of it.
  void forgetSettleTries(std::size_t cell);
  // Master, while no dispatcher runs: the last one left on request, so nothing that it settled is to blame.
  void forgetSettleTries();
  // Its envelope alone, which costs nothing.
  std::string_view envelopeIn(std::size_t cell) const;

  // Worker, on its executing cell. `begin` before the user's code runs; `writeOutcome` answers false when the large
  // area is still held by an earlier outcome that the dispatcher has not settled: wait and try again.
  void begin(std::size_t cell, BootTime now, int pid = 0);
  void noteCpuTimeBefore(std::size_t cell, Duration cpuTime);
  bool writeOutcome(std::size_t cell, std::string_view outcome);
  // Dispatcher and master. Corrupt: size or checksum are wrong. The view is valid until the cell is freed.
  Result<std::string_view> readOutcome(std::size_t cell) const;
  BootTime startedBoot(std::size_t cell) const;
  // By the worker's word, as startedBoot. The largest duration while it is not known.
  Duration cpuTimeBefore(std::size_t cell) const;
  int workerPid(std::size_t cell) const;

  // Dispatcher: the master is to end the task in this cell (Cancel, Lease), whether it has begun or will. `by`: who
  // asked, cut at 127 bytes. Ring the master's bell afterwards.
  void wish(std::size_t cell, StopReason reason, std::string_view by);
  // Master: what is wished of the task that `word` stands for; None: nothing.
  StopReason wishFor(std::size_t cell, CellWord word) const;

  // Master, on a stopping cell, before change(stopping → died).
  void writeVerdict(std::size_t cell, const Verdict& verdict);
  // Dispatcher, on a died cell.
  Verdict readVerdict(std::size_t cell) const;

  // Worker, while it dies: its last words. Handlers write here, so nothing here takes a lock or memory.
  LastWords& lastWords() const;
  // Master: before a worker starts; and after it died, what it said, with every size checked. Null: nothing.
  void forgetLastWords();
  std::unique_ptr<LastWords> heardLastWords(int pid) const;

  // Master, between writeVerdict and change(stopping → died): more will be known soon. Its child writes it; the master
  // closes it whatever became of that child.
  void openAutopsy(std::size_t cell);
  void writeAutopsy(std::size_t cell, std::string_view text);
  void closeAutopsy(std::size_t cell);
  // Dispatcher, on a died cell: whether to wait before it is read. Never for longer than some seconds.
  bool isAutopsyUnderway(std::size_t cell, BootTime now) const;

  // How much of the worker's stderr has been carried on. The dispatcher writes it, the master begins again at 0.
  std::atomic<std::uint64_t>& stderrCarried() const;

  // Worker: the processes that its tasks left behind on purpose, at most kMostKept of them; the master reads whom it
  // must not end together with the worker, and empties the list for the next one.
  static constexpr std::size_t kMostKept = 64;
  void writeKept(const std::vector<ProcessInfo>& processes);
  std::vector<ProcessInfo> readKept() const;

  // Worker writes, anyone reads.
  void writeProgress(double fraction, std::string_view text);
  std::pair<double, std::string> readProgress() const;
  // Set by the worker around its waits: the dispatcher rings only then.
  std::atomic<std::uint32_t>& workerSleeps();
  // Set by the worker when its start hooks are through, cleared by the master when it is reaped: until then nothing
  // assigned here begins.
  std::atomic<std::uint32_t>& workerReady();

  // Set by the master: the worker that is here begins nothing more and ends. Cleared by it before the next one starts.
  std::atomic<std::uint32_t>& workerLeaves();
  bool isWorkerLeaving() const;

  // The assigned cell that comes first in the ring, by its sequence: where a new worker begins. None assigned: none.
  std::optional<std::size_t> firstAssigned() const;
  // The cell that is executing or stopping, if any: there is at most one in a sane slot.
  std::optional<std::size_t> running() const;

 private:
  struct WorkerPart;         // read-write for all: words, progress, outcome headers
  struct AssignmentPart;     // read-only for the worker
  struct VerdictPart;        // read-only for the worker
  friend struct SlotVandal;  // tests: writes where a task should not
  explicit Slot(void* memory) : memory_(memory) {}

  WorkerPart& workerPart() const;
  AssignmentPart& assignmentPart() const;
  VerdictPart& verdictPart() const;
  char* outcomeBody(std::size_t cell) const;
  char* assignmentBody(std::size_t cell) const;
  char* largeOutcome() const;
  char* largeAssignment() const;
  char* autopsyBody(std::size_t cell) const;
  void readAutopsy(std::size_t cell, Verdict& verdict) const;

  void* memory_ = nullptr;
};

}  // namespace leptir
