// Walks the copied stacks of a ThreadSnapshot, by the unwind tables of the process's files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stack/symbols.h"
#include "stack/thread_snapshot.h"

namespace leptir::stack {

// The calls on a stack, innermost first: each address lies inside the instruction that runs, or that made the call.
struct UnwoundStack {
  std::vector<std::uint64_t> addresses{};
  std::string problem{};  // empty: it reaches the first function of the thread, or has `maxFrames`
};

class Unwinder {
 public:
  // Both must outlive the object. Only one Unwinder may use a Symbols.
  Unwinder(const Symbols& symbols, const ThreadSnapshot& snapshot, int process);
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  UnwoundStack unwind(std::size_t thread, std::size_t maxFrames) const;

  // What libdw's callbacks get.
  struct Thread {
    const ThreadSnapshot* snapshot;
    std::size_t index;
  };
  struct Process {
    const ThreadSnapshot* snapshot;
    std::vector<Thread> threads;
  };

 private:
  const Symbols& symbols_;
  Process process_;
  std::string problem_;  // why nothing can be unwound
};

}  // namespace leptir::stack
