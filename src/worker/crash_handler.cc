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
#include "worker/stack_walk.h"

namespace leptir {
namespace {

// The last two: a limit of the kernel's is used up.
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ};
// Last words that take longer are given up: a smashed stack can keep the unwinder busy.
constexpr unsigned kLongestSeconds = 2;
constexpr std::size_t kOwnStackBytes = 128 * 1024;
// How far below the stack pointer a function that has just been entered may write first.
constexpr std::uint64_t kLargeFrame = 256 * 1024;

// A handler can reach nothing else. Set once, before any user code.
struct Mouth {
  Slot* slot = nullptr;
  pid_t pid = 0;
  std::terminate_handler terminateBefore = nullptr;
};
Mouth mouth;
std::atomic<pid_t> dyingThread{0};
std::atomic<int> dyingOf{0};

bool isOurs() {
  return mouth.slot != nullptr && ::getpid() == mouth.pid;  // a child of the task is not
}

LastWords& beginWords() {
  auto& words = mouth.slot->lastWords();
  std::atomic_ref(words.kind).store(LastWordsKind::None, std::memory_order_release);
  words.pid = mouth.pid;
  words.signal = words.sender = words.exitCode = 0;
  words.faultAddress = 0;
  words.frames = words.mapsBytes = 0;
  words.exceptionType[0] = words.exceptionText[0] = '\0';
  return words;
}

void say(LastWords& words, LastWordsKind kind) {
  std::atomic_ref(words.kind).store(kind, std::memory_order_release);
}

// By the default action, as if nobody had looked. Returns to where the signal came from, and it strikes there.
void dieOf(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void onTooLong(int) {
  const int signal = dyingOf;
  ::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(signal);
}

void limitLastWords(int signal) {
  dyingOf = signal;
  ::signal(SIGALRM, onTooLong);
  sigset_t alarm;
  ::sigemptyset(&alarm);
  ::sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  ::alarm(kLongestSeconds);
}

enum class Turn { Speak, AlreadySpoke };

// The first thread that dies speaks; others wait for it to take them along.
Turn takeTurn() {
  pid_t nobody = 0;
  const pid_t self = ::gettid();
  if (dyingThread.compare_exchange_strong(nobody, self)) return Turn::Speak;
  while (nobody != self) ::pause();
  return Turn::AlreadySpoke;
}

bool isStackOverflow(int signal, const siginfo_t& info, const Interrupted& interrupted) {
  if (signal != SIGSEGV || info.si_code <= 0 || interrupted.sp == 0) return false;
  const auto fault = reinterpret_cast<std::uint64_t>(info.si_addr);
  // Just above the stack pointer memory is always there, unless the stack itself has none left.
  return fault + kLargeFrame > interrupted.sp && fault < interrupted.sp + 4096;
}

void onFatalSignal(int signal, siginfo_t* info, void* context) {
  if (!isOurs() || takeTurn() == Turn::AlreadySpoke) return dieOf(signal);
  limitLastWords(signal);
  const auto interrupted = interruptedBy(context);
  auto& words = beginWords();
  words.signal = signal;
  const bool sent = info->si_code <= 0;
  if (sent && info->si_pid != mouth.pid) words.sender = info->si_pid;
  if (!sent) words.faultAddress = reinterpret_cast<std::uint64_t>(info->si_addr);
  const auto kind = isStackOverflow(signal, *info, interrupted) ? LastWordsKind::StackOverflow : LastWordsKind::Signal;
  say(words, kind);  // should the rest fail
  copyMaps(words);
  walkInterruptedStack(interrupted, words);
  say(words, kind);
  dieOf(signal);
}

void copyText(char* into, const char* text) {
  const auto kept = utf8Prefix({text, ::strnlen(text, kLastTextBytes)}, kLastTextBytes - 1);
  std::memcpy(into, text, kept.size());
  into[kept.size()] = '\0';
}

// What nobody caught, if it was that. Its what() is user code.
LastWordsKind sayException(LastWords& words) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return LastWordsKind::Terminate;
  copyText(words.exceptionType, type->name());
  say(words, LastWordsKind::Exception);
  try {
    throw;
  } catch (const std::exception& error) {
    copyText(words.exceptionText, error.what());
  } catch (...) {
  }
  return LastWordsKind::Exception;
}

[[noreturn]] void onTerminate() {
  if (isOurs() && takeTurn() == Turn::Speak) {
    limitLastWords(SIGABRT);
    auto& words = beginWords();
    const auto kind = sayException(words);
    copyMaps(words);
    walkStack(reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), words);
    say(words, kind);
  }
  if (mouth.terminateBefore != nullptr) mouth.terminateBefore();  // says it on stderr, too
  std::abort();
}

// Exit handlers of user code come after this one, and may crash: then that is what is said.
void sayExit(LastWordsKind kind, int status, const void* from) {
  if (!isOurs() || dyingThread != 0) return;
  auto& words = beginWords();
  words.exitCode = status;
  copyMaps(words);
  walkStack(reinterpret_cast<std::uint64_t>(from), words);
  say(words, kind);
}

void onExit(int status, void*) {
  sayExit(LastWordsKind::Exit, status, __builtin_return_address(0));
}
void onQuickExit() {
  sayExit(LastWordsKind::QuickExit, 0, __builtin_return_address(0));
}

// A TERM that nobody marked in the cell is none of the worker's business (systemd sends it to everyone).
void onTerm(int, siginfo_t*, void* context) {
  if (!isOurs() || dyingThread != 0) return;
  const int error = errno;
  const auto cell = mouth.slot->running();
  if (cell && mouth.slot->word(*cell).state == CellState::Stopping) {
    auto& words = beginWords();
    copyMaps(words);
    walkInterruptedStack(interruptedBy(context), words);
    say(words, LastWordsKind::Stopped);
  }
  errno = error;
}

void useOwnStack() {
  void* memory = ::mmap(nullptr, kOwnStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = kOwnStackBytes};
  ::sigaltstack(&stack, nullptr);
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;
  ::sigfillset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

// The first walk and the first call of each function bind symbols, which takes locks.
void warmUp(LastWords& words) {
  copyMaps(words);
  walkInterruptedStack({reinterpret_cast<std::uint64_t>(__builtin_return_address(0)), 0}, words);
  words.frames = words.mapsBytes = 0;
}

}  // namespace

void installCrashHandler(Slot& slot) {
  const bool first = mouth.slot == nullptr;
  mouth.slot = &slot;
  mouth.pid = ::getpid();
  warmUp(beginWords());
  useOwnStack();
  for (const int signal : kFatal) handle(signal, onFatalSignal, 0);
  handle(SIGTERM, onTerm, SA_RESTART);
  if (!first) return;
  mouth.terminateBefore = std::set_terminate(onTerminate);
  ::on_exit(onExit, nullptr);
  ::at_quick_exit(onQuickExit);
}

}  // namespace leptir
