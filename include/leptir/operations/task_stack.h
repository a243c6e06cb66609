// What Operations tells of the stack of a running task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leptir/clock.h"

namespace leptir {

// One function call on a stack. What is not known is empty or zero.
struct TaskStackFrame {
  std::uint64_t address = 0;
  std::string function{};  // readable: without the arguments of templates of the standard library
  std::string file{};      // of the source
  int line = 0;
  std::string library{};  // the name of the library; empty: the program itself
  bool isInlined = false;
  bool isUserCode = false;  // code of the task or of what it calls itself, as opposed to leptir's and libraries' code
};

struct TaskStackThread {
  int tid = 0;
  std::string name{};
  std::vector<TaskStackFrame> frames{};  // the innermost first, at most 256
  std::string problem{};                 // why the stack is missing or incomplete; empty: it is whole
};

// The stacks of all threads of a process at one moment.
struct TaskStack {
  std::string id{};        // of the task
  std::string instance{};  // that runs it
  std::string host{};
  int pid = 0;                             // of the worker; of a program task: of the program
  bool isProgram = false;                  // the stack is that of a program that the task started
  Time taken{};                            // when the threads were stopped
  Duration stoppedFor{};                   // from the stop of the first thread to the release of the last
  std::vector<TaskStackThread> threads{};  // the main thread first
  std::uint64_t leftOutThreads = 0;        // beyond the 256 that are shown
};

}  // namespace leptir
