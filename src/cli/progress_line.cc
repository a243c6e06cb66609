#include "cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "cli/terminal.h"

namespace leptir::cli {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(200);

volatile std::sig_atomic_t endIsAskedFor = 0;

// The action ends after its slice. A second signal ends the process at once: a store may let the slice wait.
void askForEnd(int number) {
  if (endIsAskedFor != 0) {
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
  endIsAskedFor = 1;
}

}  // namespace

ProgressLine::ProgressLine(std::string_view done)
    : done_(done), movesCursor_(terminalOf(STDERR_FILENO).movesCursor), shownAt_(std::chrono::steady_clock::now()) {
  endIsAskedFor = 0;
  struct sigaction action{};
  action.sa_handler = askForEnd;
  ::sigaction(SIGINT, &action, &beforeInt_);
  ::sigaction(SIGTERM, &action, &beforeTerm_);
  ::sigaction(SIGHUP, nullptr, &beforeHup_);
  if (beforeHup_.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);  // else: nohup
}

ProgressLine::~ProgressLine() {
  ::sigaction(SIGINT, &beforeInt_, nullptr);
  ::sigaction(SIGTERM, &beforeTerm_, nullptr);
  ::sigaction(SIGHUP, &beforeHup_, nullptr);
}

bool ProgressLine::show(std::uint64_t changed, std::uint64_t examined) {
  const auto now = std::chrono::steady_clock::now();
  if (movesCursor_ && now - shownAt_ >= kRedrawInterval) {
    std::cerr << fmt::format("\r{} {}, {} looked at\x1b[K", changed, done_, examined) << std::flush;
    shownAt_ = now;
    isShown_ = true;
  }
  return endIsAskedFor == 0;
}

void ProgressLine::end() {
  if (isShown_) std::cerr << "\r\x1b[K" << std::flush;
  isShown_ = false;
}

}  // namespace leptir::cli
