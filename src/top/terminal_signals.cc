#include "top/terminal_signals.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace leptir::top {
namespace {

// What the handlers use: the only global state of this module, since handlers get nothing else.
struct SignalState {
  std::atomic<Wake*> wake = nullptr;
  std::atomic<int> terminationSignal = 0;
  std::atomic<bool> resized = false, stopAsked = false, continued = false;
  // Written before isRestoringEnabled becomes true, and not while it is.
  std::array<char, 256> escapeSequence{};
  std::size_t length = 0;
  termios modes{};
  std::atomic<bool> isRestoringEnabled = false;
};
SignalState signalState;

// Async-signal-safe. TTOU would stop a background process that changes the modes.
void restoreTerminal() {
  if (!signalState.isRestoringEnabled.exchange(false)) return;
  ::signal(SIGTTOU, SIG_IGN);
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, signalState.escapeSequence.data(), signalState.length);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &signalState.modes);
}

void dieBy(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void onSignal(int signal) {
  const int error = errno;
  switch (signal) {
    case SIGWINCH:
      signalState.resized = true;
      break;
    case SIGTSTP:
      signalState.stopAsked = true;
      break;
    case SIGCONT:
      signalState.continued = true;
      break;
    default:
      if (signalState.terminationSignal.exchange(signal) != 0) {
        restoreTerminal();
        dieBy(signal);
      }
  }
  if (auto* wake = signalState.wake.load()) wake->ring();
  errno = error;
}

void onFatal(int signal) {
  restoreTerminal();
  dieBy(signal);
}

void install(int signal, void (*handler)(int), int flags, struct sigaction* before) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, before);
}

}  // namespace

TerminalSignals::TerminalSignals(Wake& wake) {
  signalState.terminationSignal = 0;
  signalState.resized = signalState.stopAsked = signalState.continued = false;
  signalState.wake = &wake;
  for (std::size_t i = 0; i < std::size(kHandledSignals); ++i) {
    ::sigaction(kHandledSignals[i], nullptr, &notedBefore_[i]);
    // Without SA_RESTART, so that a write to a terminal that is stuck ends, too.
    if (notedBefore_[i].sa_handler != SIG_IGN) install(kHandledSignals[i], onSignal, SA_NODEFER, nullptr);
  }
  stack_t stack{};
  stack.ss_sp = alternateStack_.data();
  stack.ss_size = alternateStack_.size();
  ::sigaltstack(&stack, &alternateStackBefore_);
  for (std::size_t i = 0; i < std::size(kFatalSignals); ++i)
    install(kFatalSignals[i], onFatal, SA_ONSTACK | SA_NODEFER | SA_RESETHAND, &fatalBefore_[i]);
}

TerminalSignals::~TerminalSignals() {
  for (std::size_t i = 0; i < std::size(kHandledSignals); ++i)
    ::sigaction(kHandledSignals[i], &notedBefore_[i], nullptr);
  for (std::size_t i = 0; i < std::size(kFatalSignals); ++i) ::sigaction(kFatalSignals[i], &fatalBefore_[i], nullptr);
  ::sigaltstack(&alternateStackBefore_, nullptr);
  signalState.wake = nullptr;
}

void TerminalSignals::enableRestoring(std::string_view sequence, const termios& modes) {
  signalState.length = std::min(sequence.size(), signalState.escapeSequence.size());
  std::memcpy(signalState.escapeSequence.data(), sequence.data(), signalState.length);
  signalState.modes = modes;
  signalState.isRestoringEnabled = true;
}

void TerminalSignals::disableRestoring() {
  signalState.isRestoringEnabled = false;
}

int TerminalSignals::terminationSignal() const {
  return signalState.terminationSignal;
}
bool TerminalSignals::takeResized() {
  return signalState.resized.exchange(false);
}
bool TerminalSignals::takeStopAsked() {
  return signalState.stopAsked.exchange(false);
}
bool TerminalSignals::takeContinued() {
  return signalState.continued.exchange(false);
}

void TerminalSignals::stopProcess() {
  struct sigaction before{};
  install(SIGTSTP, SIG_DFL, 0, &before);
  ::raise(SIGTSTP);
  ::sigaction(SIGTSTP, &before, nullptr);
}

}  // namespace leptir::top
