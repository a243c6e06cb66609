#include "stack/thread_stopper.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/proc_text.h"
#include "stack/cut_short_calls.h"

namespace leptir::stack {
namespace {

// How long all threads together may take to stop. A thread that is not blocked in the kernel stops within microseconds
// once it gets a processor.
constexpr Duration kStopTimeout = std::chrono::milliseconds(100);

BootTime now() {
  return systemClock().bootTime();
}

void pauseShortly() {
  constexpr timespec kStopPollPause{0, 20'000};
  ::nanosleep(&kStopPollPause, nullptr);
}

#if defined(__x86_64__)
// DWARF numbers: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, rip.
bool fill(const user_regs_struct& from, Registers& to) {
  const std::uint64_t values[] = {from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi,
                                  from.rbp, from.rsp, from.r8,  from.r9,  from.r10, from.r11,
                                  from.r12, from.r13, from.r14, from.r15, from.rip};
  std::ranges::copy(values, to.values);
  to.count = std::size(values);
  to.stackPointer = from.rsp;
  to.pc = from.rip;
  return true;
}
#elif defined(__aarch64__)
// DWARF numbers: x0 to x30, sp.
bool fill(const user_regs_struct& from, Registers& to) {
  std::copy_n(from.regs, 31, to.values);
  to.values[31] = from.sp;
  to.count = 32;
  to.stackPointer = from.sp;
  to.pc = from.pc;
  return true;
}
#else
bool fill(const user_regs_struct&, Registers&) {
  return false;
}
#endif

ThreadProblem readRegisters(int tid, Registers& to) {
  user_regs_struct registers{};
  iovec area{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &area) != 0) return ThreadProblem::Ended;
  return fill(registers, to) ? ThreadProblem::None : ThreadProblem::Unsupported;
}

}  // namespace

// The line is "<call> <six arguments> <stack pointer> <instruction>", "-1 <stack pointer> <instruction>" outside of a
// call, or "running".
ThreadState readThreadState(int process, int tid) {
  ThreadState thread;
  const auto folder = "task/" + std::to_string(tid) + "/";
  const auto line = base::readProcText(process, folder + "syscall");
  WaitingCall call;
  unsigned long long stackPointer = 0, pc = 0;
  thread.isBlocked =
      line && std::sscanf(line->c_str(), "%ld %llx %llx %llx %llx %*x %*x %llx %llx", &call.number, &call.arguments[0],
                          &call.arguments[1], &call.arguments[2], &call.arguments[3], &stackPointer, &pc) == 7;
  thread.mustNotBeStopped = thread.isBlocked && mayBeCutShortByStop(process, tid, call);
  thread.stackPointer = stackPointer;
  thread.pc = pc;
  const auto stat = base::readProcText(process, folder + "stat");
  const auto name = stat ? stat->rfind(") ") : std::string::npos;
  thread.isUninterruptible = name != std::string::npos && stat->compare(name + 2, 1, "D") == 0;
  return thread;
}

void ThreadStopper::attach(std::span<ThreadCopy> threads) {
  for (auto& thread : threads) attachTo(thread);
}

void ThreadStopper::attachTo(ThreadCopy& thread) {
  const auto blocked = readThreadState(process_, thread.tid);
  if (blocked.mustNotBeStopped || blocked.isUninterruptible) {
    thread.registers.stackPointer = blocked.stackPointer;
    thread.registers.pc = blocked.pc;
    if (!blocked.isBlocked) thread.problem = ThreadProblem::InKernel;
  } else if (::ptrace(PTRACE_SEIZE, thread.tid, nullptr, nullptr) == 0) {
    attached_.push_back(thread.tid);
  } else {
    thread.problem = errno == ESRCH ? ThreadProblem::Ended : ThreadProblem::NoRights;
  }
}

void ThreadStopper::stopAndReadRegisters(std::span<ThreadCopy> threads) {
  for (const int tid : attached_) ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  const auto late = waitAndListUnstopped();
  for (auto& thread : threads) {
    if (std::ranges::count(attached_, thread.tid) == 0) continue;
    if (std::ranges::count(stopped_, thread.tid, &StoppedThread::tid) > 0)
      thread.problem = readRegisters(thread.tid, thread.registers);
    else
      thread.problem = std::ranges::count(late, thread.tid) > 0 ? ThreadProblem::InKernel : ThreadProblem::Ended;
  }
}

// Returns the threads that have not stopped in time.
std::vector<int> ThreadStopper::waitAndListUnstopped() {
  const auto until = now() + kStopTimeout;
  auto waiting = attached_;
  for (;;) {
    std::erase_if(waiting, [&](int tid) {
      int status = 0;
      const auto found = ::waitpid(tid, &status, __WALL | WNOHANG);
      if (found == 0) return false;
      const bool isStopEvent = status >> 16 != 0;
      if (found == tid && WIFSTOPPED(status)) stopped_.push_back({tid, isStopEvent ? 0 : WSTOPSIG(status)});
      return true;
    });
    if (waiting.empty() || now() >= until) return waiting;
    pauseShortly();
  }
}

// A signal that arrived in the same moment is delivered now.
void ThreadStopper::detach() {
  for (const auto& thread : stopped_)
    ::ptrace(PTRACE_DETACH, thread.tid, nullptr, static_cast<std::intptr_t>(thread.signal));
}

}  // namespace leptir::stack
