// Writes the log of a worker's run into the memory of its slot (run_logs.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "link/run_logs.h"
#include "link/slot.h"

namespace leptir::link {

struct RunLogBuffer;

// Threads of the task may call `add` at the same time; the other functions are called by the thread that runs tasks.
class RunLogWriter {
 public:
  // `memory`: of RunLogs::mapForWorker; null: nothing is kept. Both must outlive the object.
  RunLogWriter(char* memory, const Slot& slot) : memory_(memory), slot_(slot) {}

  // A run begins. It costs a few stores: its buffer is chosen when it logs its first line.
  void beginRun(const LoggedRun& run);
  // Adds a line of at most kLastLogBytes that ends with its only line feed. Lines of a forked copy of the worker are
  // left out.
  void add(std::string_view line);
  bool hasLines() const { return buffer_ != nullptr; }
  // What the run has logged so far.
  RunLog read() const;

 private:
  void chooseBuffer();
  bool mustKeep(const RunLogBuffer& buffer) const;
  void addToLast(std::string_view line);
  void dropOldest();

  char* const memory_;
  const Slot& slot_;
  LoggedRun run_{};
  std::string id_;                  // of the run
  RunLogBuffer* buffer_ = nullptr;  // of the run; null: it has logged nothing
  std::mutex mutex_;
};

}  // namespace leptir::link
