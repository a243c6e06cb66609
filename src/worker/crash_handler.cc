#include "worker/crash_handler.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "base/utf8.h"
#include "link/cell_scan.h"
#include "worker/stack_walk.h"

namespace leptir::worker {
namespace {

// The kernel sends the last two to a process that exceeds its limit of CPU time or file size.
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};
// Writing a crash report is cut off after this time: on a smashed stack the unwinder may never end.
constexpr unsigned kLongestReportSeconds = 2;
constexpr std::size_t kHandlerStackBytes = 128 * 1024;
// Bytes. A fault at most this far below the stack pointer counts as a stack overflow, since a function with a large
// frame may first write far below it.
constexpr std::uint64_t kLargeFrame = 256 * 1024;

// What the handlers need is global, since a signal handler takes no argument of ours. Set once, before any user code.
struct HandlerState {
  link::Slot* slot = nullptr;
  pid_t pid = 0;
  std::terminate_handler previousTerminateHandler = nullptr;
};
HandlerState handlerState;
std::atomic<pid_t> reportingThread{0};
std::atomic<int> fatalSignal{0};

bool isWorkerProcess() {
  return handlerState.slot != nullptr && ::getpid() == handlerState.pid;  // false in a process that a task forked
}

link::CrashReport& beginReport() {
  auto& report = handlerState.slot->crashReport();
  std::atomic_ref(report.kind).store(link::CrashReportKind::None, std::memory_order_release);
  report.pid = handlerState.pid;
  report.signal = report.signalSender = report.exitCode = 0;
  report.faultAddress = 0;
  report.frames = report.mapsBytes = 0;
  report.exceptionType[0] = report.exceptionText[0] = '\0';
  return report;
}

void publish(link::CrashReport& report, link::CrashReportKind kind) {
  std::atomic_ref(report.kind).store(kind, std::memory_order_release);
}

// Ends the process by the signal's default action, so that its wait status is the one without a handler. The signal is
// blocked inside of its handler and strikes as soon as that returns.
void dieBySignal(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void onReportTimeout(int) {
  const int signal = fatalSignal;
  ::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
}

void limitReportTime(int signal) {
  fatalSignal = signal;
  ::signal(SIGALRM, onReportTimeout);
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  ::alarm(kLongestReportSeconds);
}

enum class Role { Reporter, HasReported };

// The first thread that crashes writes the report; others wait here until the process ends.
Role claimReport() {
  pid_t nobody = 0;
  const pid_t self = ::gettid();
  if (reportingThread.compare_exchange_strong(nobody, self)) return Role::Reporter;
  while (nobody != self) ::pause();
  return Role::HasReported;
}

bool isStackOverflow(int signal, const siginfo_t& info, const InterruptedRegisters& interrupted) {
  if (signal != SIGSEGV || info.si_code <= 0 || interrupted.sp == 0) return false;
  const auto fault = reinterpret_cast<std::uint64_t>(info.si_addr);
  // Memory just above the stack pointer is always mapped, unless the stack itself has overflowed.
  return fault + kLargeFrame > interrupted.sp && fault < interrupted.sp + 4096;
}

void onFatalSignal(int signal, siginfo_t* info, void* context) {
  if (!isWorkerProcess() || claimReport() == Role::HasReported) return dieBySignal(signal);
  limitReportTime(signal);
  const auto interrupted = readInterruptedRegisters(context);
  auto& report = beginReport();
  report.signal = signal;
  const bool sent = info->si_code <= 0;
  if (sent && info->si_pid != handlerState.pid) report.signalSender = info->si_pid;
  if (!sent) report.faultAddress = reinterpret_cast<std::uint64_t>(info->si_addr);
  const auto kind = isStackOverflow(signal, *info, interrupted) ? link::CrashReportKind::StackOverflow
                                                                : link::CrashReportKind::Signal;
  publish(report, kind);  // in case that the rest fails
  copyMaps(report);
  walkInterruptedStack(interrupted, report);
  publish(report, kind);
  dieBySignal(signal);
}

void copyText(char* into, const char* text) {
  const auto kept = base::utf8Prefix({text, ::strnlen(text, link::kCrashTextBytes)}, link::kCrashTextBytes - 1);
  std::memcpy(into, text, kept.size());
  into[kept.size()] = '\0';
}

// Reports the uncaught exception, if there is one. Its what() is user code and may crash, so the type is published
// first.
link::CrashReportKind reportException(link::CrashReport& report) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return link::CrashReportKind::Terminate;
  copyText(report.exceptionType, type->name());
  publish(report, link::CrashReportKind::Exception);
  try {
    throw;
  } catch (const std::exception& error) {
    copyText(report.exceptionText, error.what());
  } catch (...) {
  }
  return link::CrashReportKind::Exception;
}

[[noreturn]] void onTerminate() {
  if (isWorkerProcess() && claimReport() == Role::Reporter) {
    limitReportTime(SIGABRT);
    auto& report = beginReport();
    const auto kind = reportException(report);
    copyMaps(report);
    walkStack(reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), report);
    publish(report, kind);
  }
  // The standard library's handler prints the exception on stderr.
  if (handlerState.previousTerminateHandler != nullptr) handlerState.previousTerminateHandler();
  std::abort();
}

// User code that runs later during exit (destructors of static objects) may crash; its report then replaces this one.
void reportExit(link::CrashReportKind kind, int status, const void* from) {
  if (!isWorkerProcess() || reportingThread != 0) return;
  auto& report = beginReport();
  report.exitCode = status;
  copyMaps(report);
  walkStack(reinterpret_cast<std::uint64_t>(from), report);
  publish(report, kind);
}

void onExit(int status, void*) {
  reportExit(link::CrashReportKind::Exit, status, __builtin_return_address(0));
}
void onQuickExit() {
  reportExit(link::CrashReportKind::QuickExit, 0, __builtin_return_address(0));
}

// Reports only while the master is stopping the running task (its cell says so). Any other SIGTERM is ignored: systemd
// sends it to every process of a service.
void onTerm(int, siginfo_t*, void* context) {
  if (!isWorkerProcess() || reportingThread != 0) return;
  const int error = errno;
  const auto running = link::scanCells(*handlerState.slot).running;
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
  const bool first = handlerState.slot == nullptr;
  handlerState.slot = &slot;
  handlerState.pid = ::getpid();
  warmUp(beginReport());
  useHandlerStack();
  for (const int signal : kFatal) installHandler(signal, onFatalSignal, 0);
  installHandler(SIGTERM, onTerm, SA_RESTART);
  if (!first) return;
  handlerState.previousTerminateHandler = std::set_terminate(onTerminate);
  ::on_exit(onExit, nullptr);
  ::at_quick_exit(onQuickExit);
}

}  // namespace leptir::worker
