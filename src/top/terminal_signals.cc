#include "top/terminal_signals.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace leptir::top {
namespace {

// What the handlers use: the only global state of this module, since handlers get nothing else.
struct Noted {
  std::atomic<Wake*> wake = nullptr;
  std::atomic<int> ended = 0;
  std::atomic<bool> resized = false, stopAsked = false, continued = false;
  // Written before isArmed becomes true, and not while it is.
  std::array<char, 256> sequence{};
  std::size_t length = 0;
  termios modes{};
  std::atomic<bool> isArmed = false;
};
Noted noted;

// Async-signal-safe. TTOU would stop a background process that changes the modes.
void restoreTerminal() {
  if (!noted.isArmed.exchange(false)) return;
  ::signal(SIGTTOU, SIG_IGN);
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, noted.sequence.data(), noted.length);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &noted.modes);
}

void dieBy(int signal) {
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void note(int signal) {
  const int error = errno;
  switch (signal) {
    case SIGWINCH:
      noted.resized = true;
      break;
    case SIGTSTP:
      noted.stopAsked = true;
      break;
    case SIGCONT:
      noted.continued = true;
      break;
    default:
      if (noted.ended.exchange(signal) != 0) {
        restoreTerminal();
        dieBy(signal);
      }
  }
  if (auto* wake = noted.wake.load()) wake->ring();
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
  noted.ended = 0;
  noted.resized = noted.stopAsked = noted.continued = false;
  noted.wake = &wake;
  for (std::size_t i = 0; i < std::size(kNoted); ++i) {
    ::sigaction(kNoted[i], nullptr, &notedBefore_[i]);
    // Without SA_RESTART, so that a write to a terminal that is stuck ends, too.
    if (notedBefore_[i].sa_handler != SIG_IGN) install(kNoted[i], note, SA_NODEFER, nullptr);
  }
  stack_t stack{};
  stack.ss_sp = stack_.data();
  stack.ss_size = stack_.size();
  ::sigaltstack(&stack, &stackBefore_);
  for (std::size_t i = 0; i < std::size(kFatal); ++i)
    install(kFatal[i], onFatal, SA_ONSTACK | SA_NODEFER | SA_RESETHAND, &fatalBefore_[i]);
}

TerminalSignals::~TerminalSignals() {
  for (std::size_t i = 0; i < std::size(kNoted); ++i) ::sigaction(kNoted[i], &notedBefore_[i], nullptr);
  for (std::size_t i = 0; i < std::size(kFatal); ++i) ::sigaction(kFatal[i], &fatalBefore_[i], nullptr);
  ::sigaltstack(&stackBefore_, nullptr);
  noted.wake = nullptr;
}

void TerminalSignals::arm(std::string_view sequence, const termios& modes) {
  noted.length = std::min(sequence.size(), noted.sequence.size());
  std::memcpy(noted.sequence.data(), sequence.data(), noted.length);
  noted.modes = modes;
  noted.isArmed = true;
}

void TerminalSignals::disarm() {
  noted.isArmed = false;
}

int TerminalSignals::ended() const {
  return noted.ended;
}
bool TerminalSignals::takeResized() {
  return noted.resized.exchange(false);
}
bool TerminalSignals::takeStopAsked() {
  return noted.stopAsked.exchange(false);
}
bool TerminalSignals::takeContinued() {
  return noted.continued.exchange(false);
}

void TerminalSignals::stopProcess() {
  struct sigaction before{};
  install(SIGTSTP, SIG_DFL, 0, &before);
  ::raise(SIGTSTP);
  ::sigaction(SIGTSTP, &before, nullptr);
}

}  // namespace leptir::top
