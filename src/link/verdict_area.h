// The part of a slot in which the master writes about tasks that it ended or whose worker died: verdicts, and stacks of
// crashes. Workers can only read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "link/cell.h"
#include "link/crash_report.h"

namespace leptir::link {

// How the master ended a task, or how the task's worker died.
struct Verdict {
  StopReason reason = StopReason::None;
  BootTime started{};
  BootTime ended{};
  int pid = 0;
  int signal = 0;
  int exitCode = 0;
  Duration cpuTime{};
  std::uint64_t maxRss = 0;  // bytes
  std::string cancelledBy;   // set only when read: the user who asked to cancel, where the reason is Cancel

  CrashReportKind crashReportKind = CrashReportKind::None;
  bool oomKilled = false;          // the kernel killed the worker because memory ran out
  int signalSender = 0;            // pid of the process that sent the signal; zero: no process, or not known
  std::uint64_t faultAddress = 0;  // of a memory fault
  std::uint64_t stderrFrom = 0, stderrTo = 0;

  // Set only when read: what the crash symbolizer found, and, added by the dispatcher, the end of the worker's stderr
  // and the log of the run as a record has it.
  std::string exception;           // "std::runtime_error: its text"
  std::vector<std::string> stack;  // innermost first
  std::string stderrTail;
  std::string log;
};

// The result of the crash symbolizer as one text: its first line is the exception (or empty), each further line a stack
// frame. A text that does not fit is cut and says so.
std::string encodeSymbolizedStack(std::string_view exception, const std::vector<std::string>& stack);

// Lies in the memory of a slot, which must outlive it.
class VerdictArea {
 public:
  explicit VerdictArea(char* slotMemory) : memory_(slotMemory) {}

  // Master, on a stopping cell, before it changes the cell's word to Died.
  void write(std::size_t cell, const Verdict& verdict);
  // Dispatcher, on a died cell.
  Verdict read(std::size_t cell) const;

  // The stack in a verdict. The master calls beginSymbolizing once the verdict is written, before the cell is Died; its
  // child, the crash symbolizer, writes the stack; the master calls endSymbolizing once that child has ended.
  void beginSymbolizing(std::size_t cell);
  void writeSymbolizedStack(std::size_t cell, std::string_view text);
  void endSymbolizing(std::size_t cell);
  // Dispatcher, on a died cell: true while the crash symbolizer still writes the stack, but for at most 3 s. Wait until
  // it is false before reading the verdict.
  bool isSymbolizing(std::size_t cell, BootTime now) const;

 private:
  char* stackTextOf(std::size_t cell) const;
  void readSymbolizedStack(std::size_t cell, Verdict& verdict) const;

  char* memory_;
};

}  // namespace leptir::link
