#include "worker/crash_handler.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "link/cell_scan.h"
#include "worker/crash_report_writer.h"
#include "worker/exit_reports.h"
#include "worker/stack_walk.h"

namespace leptir::worker {
namespace {

// The kernel sends the last two to a process that exceeds its limit of CPU time or file size.
constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};
constexpr std::size_t kHandlerStackBytes = 128 * 1024;
// Bytes. A fault at most this far below the stack pointer counts as a stack overflow, since a function with a large
// frame may first write far below it.
constexpr std::uint64_t kMaxOverflowDistanceBytes = 256 * 1024;

bool isStackOverflow(int signal, const siginfo_t& info, const InterruptedRegisters& interrupted) {
  if (signal != SIGSEGV || info.si_code <= 0 || interrupted.sp == 0) return false;
  const auto fault = reinterpret_cast<std::uint64_t>(info.si_addr);
  // Memory just above the stack pointer is always mapped, unless the stack itself has overflowed.
  return fault + kMaxOverflowDistanceBytes > interrupted.sp && fault < interrupted.sp + 4096;
}

void onFatalSignal(int signal, siginfo_t* info, void* context) {
  if (!isWorkerProcess() || claimReport() == Role::HasReported) return dieBySignal(signal);
  limitReportTime(signal);
  const auto interrupted = readInterruptedRegisters(context);
  auto& report = beginReport();
  report.signal = signal;
  const bool sent = info->si_code <= 0;
  if (sent && info->si_pid != ::getpid()) report.signalSender = info->si_pid;
  if (!sent) report.faultAddress = reinterpret_cast<std::uint64_t>(info->si_addr);
  const auto kind = isStackOverflow(signal, *info, interrupted) ? link::CrashReportKind::StackOverflow
                                                                : link::CrashReportKind::Signal;
  publish(report, kind);  // in case that the rest fails
  copyMaps(report);
  walkInterruptedStack(interrupted, report);
  publish(report, kind);
  dieBySignal(signal);
}

// Reports only while the master is stopping the running task (its cell says so). Any other SIGTERM is ignored: systemd
// sends it to every process of a service.
void onTerm(int, siginfo_t*, void* context) {
  if (!isWorkerProcess() || isReportClaimed() || stackOfStops() == StackOfStops::LeaveOut) return;
  const int error = errno;
  const auto running = link::scanCells(slotOfCrashReports()).running;
  if (running && running->word.state == link::CellState::Stopping) {
    auto& report = beginReport();
    copyMaps(report);
    walkInterruptedStack(readInterruptedRegisters(context), report);
    publish(report, link::CrashReportKind::Stopped);
  }
  errno = error;
}

void useHandlerStack() {
  void* memory = ::mmap(nullptr, kHandlerStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = kHandlerStackBytes};
  ::sigaltstack(&stack, nullptr);
}

void installHandler(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;
  ::sigfillset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

// Runs everything once outside of a handler: the first stack walk and the first call of each function resolve symbols,
// which takes locks that a signal handler must not wait for.
void warmUp(link::CrashReport& report) {
  copyMaps(report);
  walkInterruptedStack({reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), 0}, report);
  report.frames = report.mapsBytes = 0;
}

}  // namespace

void installCrashHandler(link::Slot& slot) {
  static bool hasExitReports = false;
  warmUp(setSlotOfCrashReports(slot));
  useHandlerStack();
  for (const int signal : kFatalSignals) installHandler(signal, onFatalSignal, 0);
  installHandler(SIGTERM, onTerm, SA_RESTART);
  if (!std::exchange(hasExitReports, true)) installExitReports();
}

}  // namespace leptir::worker
