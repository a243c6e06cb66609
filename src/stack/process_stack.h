// The stacks of all threads of another process, with functions and source lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "stack/symbols.h"

namespace leptir::stack {

inline constexpr std::size_t kMaxFrames = 256;  // of one thread

struct ThreadStack {
  int tid = 0;
  std::string name{};
  std::vector<SourceFrame> frames{};  // innermost first; of a worker up to the function of leptir that runs tasks
  std::string problem{};              // why the stack is missing or incomplete; empty: it is whole
};

struct ProcessStack {
  int pid = 0;
  Time taken{};
  Duration stoppedFor{};
  std::vector<ThreadStack> threads{};  // the main thread first
  std::uint64_t leftOutThreads = 0;
};

// Copies the stacks while the threads stand still, and reads files for the names after that. Only in a process that may
// die (symbols.h). NotFound: there is no such process. Unavailable: the kernel does not let this process look into it
// (another user, Yama's ptrace_scope, a container without the right), or no memory.
Result<ProcessStack> captureProcessStack(int process);

// What the process is: a worker, or a program that a worker has started for a task.
enum class StackSubject { Worker, Program };
// One line of JSON; docs/wire-format.md describes it.
std::string textOf(const ProcessStack& stack, StackSubject subject);

}  // namespace leptir::stack
