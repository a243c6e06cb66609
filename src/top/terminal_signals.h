// Signals of a full-screen program: every one of them leaves the terminal as it was.
#pragma once

#include <signal.h>
#include <termios.h>

#include <array>
#include <string_view>

#include "leptir/spi/wake.h"

namespace leptir::top {

// While it lives, INT, TERM, HUP, TSTP, CONT and WINCH ring `wake` and are noted, except for those that the process
// ignored before. A second INT, TERM or HUP restores the terminal and ends the process at once, since the program may
// be waiting. SEGV, BUS, ILL, FPE and ABRT restore the terminal, and then end the process as they would have.
//
// There is at most one object in a process: signal handlers find it by a global variable.
class TerminalSignals {
 public:
  explicit TerminalSignals(Wake& wake);
  ~TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;

  // From now on a signal that ends the process writes `sequence` to stdout and gives the terminal these modes.
  // disableRestoring() ends that.
  void enableRestoring(std::string_view sequence, const termios& modes);
  void disableRestoring();

  int terminationSignal() const;  // the signal that asks the program to end; 0: none
  bool takeResized();             // whether such a signal came since the last call
  bool takeStopAsked();           // TSTP: the user wants the shell back
  bool takeContinued();
  // Stops this process as TSTP does by default; returns when it goes on.
  void stopProcess();

 private:
  static constexpr int kHandledSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
  static constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

  std::array<struct sigaction, std::size(kHandledSignals)> notedBefore_{};
  std::array<struct sigaction, std::size(kFatalSignals)> fatalBefore_{};
  std::array<char, 64 * 1024> alternateStack_{};  // of the handlers of kFatalSignals: the usual one may have overflowed
  stack_t alternateStackBefore_{};
};

}  // namespace leptir::top
