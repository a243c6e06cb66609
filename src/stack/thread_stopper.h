// Stops threads of another process by ptrace, for the child of ThreadSnapshot::take.
#pragma once

#include <span>
#include <vector>

#include "leptir/clock.h"
#include "stack/thread_snapshot.h"

namespace leptir::stack {

// What the kernel tells of a thread without stopping it.
struct ThreadState {
  bool isBlocked = false;          // it waits in a system call
  bool mustNotBeStopped = false;   // the call would be cut short, although no signal handler ran
  bool isUninterruptible = false;  // it would not stop
  std::uint64_t stackPointer = 0, pc = 0;
};
ThreadState readThreadState(int process, int tid);

// Stops each thread and writes its registers, or its problem. Of a thread that must not be stopped only the stack
// pointer and the instruction are known afterwards. To be used once, in a process that ends soon after: only its end
// detaches from threads that did not stop in time.
class ThreadStopper {
 public:
  explicit ThreadStopper(int process) : process_(process) {}

  // Attaches to the threads without stopping them.
  void attach(std::span<ThreadCopy> threads);
  void stopAndReadRegisters(std::span<ThreadCopy> threads);
  void detach();

 private:
  struct StoppedThread {
    int tid;
    int signal;  // that was about to be delivered; 0: none
  };
  void attachTo(ThreadCopy& thread);
  std::vector<int> waitAndListUnstopped();

  const int process_;
  std::vector<int> attached_{};
  std::vector<StoppedThread> stopped_{};
};

}  // namespace leptir::stack
