// The part of a slot in which the dispatcher writes: the assignments of tasks to cells, and requests to stop tasks.
// Workers can only read it.
#pragma once

#include <cstdint>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"
#include "link/cell.h"

namespace leptir::link {

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

// Lies in the memory of a slot, which must outlive it.
class AssignmentArea {
 public:
  explicit AssignmentArea(char* slotMemory) : memory_(slotMemory) {}

  // True: an envelope with this handle does not fit a cell; it needs the large area and an empty slot.
  static bool needsLargeArea(std::size_t handleBytes, std::size_t envelopeBytes) {
    return handleBytes + envelopeBytes > kCellBodyBytes;
  }

  // Dispatcher, on a free cell, before it changes the cell's word to Assigned. An envelope that needs the large area
  // may be assigned only while the slot is empty; the caller knows that, since a task may overwrite state words.
  // TooLarge: it does not fit into the large area either.
  Result<void> write(std::size_t cell, const Assignment& assignment);

  // Any process, on a cell that is not free.
  Assignment read(std::size_t cell) const;
  const AssignmentHeader& header(std::size_t cell) const;
  // The envelope alone, without a copy.
  std::string_view envelope(std::size_t cell) const;

  // Dispatcher, when it begins to settle the task in a cell: how many dispatchers have begun to, this one included. A
  // high number means that settling this task crashes dispatchers.
  std::uint32_t countSettleStart(std::size_t cell);
  // Dispatcher: settling this task waits for a store, so a dispatcher that dies meanwhile did not die of the task.
  void forgetSettleStarts(std::size_t cell);
  // Master, while no dispatcher runs: the last dispatcher exited on request, so no task crashed it.
  void forgetAllSettleStarts();

  // Dispatcher: asks the master to stop the task in this cell (reason Cancel or LeaseLost), now or once it begins.
  // `by`: the user who asked to cancel, cut at 127 bytes. Ring the master's bell afterwards.
  void requestStop(std::size_t cell, StopReason reason, std::string_view by);
  // Master: why the dispatcher asks to stop the task that has the state word `word`; None: it does not ask.
  StopReason stopRequestFor(std::size_t cell, CellWord word) const;
  // Who asked for the last stop that was requested for this cell.
  std::string_view stopRequestedBy(std::size_t cell) const;

 private:
  char* bodyOf(std::size_t cell, bool large) const;

  char* memory_;
};

}  // namespace leptir::link
