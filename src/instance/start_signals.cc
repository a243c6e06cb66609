#include "instance/start_signals.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "leptir/clock.h"
#include "master/child_process.h"

namespace leptir::instance {
namespace {

int exitStatusOfChild(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// Whether the child has ended; then it is reaped, and `status` is what waitpid says of it.
bool hasEnded(int child, int& status) {
  const auto ended = ::waitpid(child, &status, WNOHANG);
  return ended == child || (ended < 0 && errno != EINTR);
}

// Rounded up, so that it is 0 only once that time has come.
int millisecondsUntil(BootTime time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - systemClock().bootTime());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

Result<StartSignals> StartSignals::open() {
  auto inbox = master::SignalInbox::open();
  if (!inbox) return inbox.error();
  return StartSignals(std::move(*inbox));
}

Result<std::optional<int>> StartSignals::runInChild(const std::function<int()>& work, Duration patience) {
  const auto child = master::ChildProcess::start([&] {
    closeInChild();
    return work();
  });
  if (!child) return child.error();
  if (const auto status = waitForEndOrStop(child->pid())) return status;
  child->signal(SIGKILL);
  waitForEnd(child->pid(), patience);
  return std::optional<int>();
}

// Waits until the child has ended, and answers its exit status; nullopt: a signal asked to stop before.
std::optional<int> StartSignals::waitForEndOrStop(int child) {
  int status = 0;
  while (!hasEnded(child, status)) {
    pollfd signals{inbox_.descriptor(), POLLIN, 0};
    ::poll(&signals, 1, -1);
    if (takeSignals()) return std::nullopt;
  }
  return exitStatusOfChild(status);
}

void StartSignals::waitForEnd(int child, Duration longest) {
  const auto giveUp = systemClock().bootTime() + longest;
  int status = 0;
  while (!hasEnded(child, status) && systemClock().bootTime() < giveUp) {
    pollfd signals{inbox_.descriptor(), POLLIN, 0};
    ::poll(&signals, 1, millisecondsUntil(giveUp));
    takeSignals();
  }
}

// Reads all signals that came; true: one of them asks to stop.
bool StartSignals::takeSignals() {
  bool stop = false;
  while (const auto signal = inbox_.next()) {
    if (*signal == SIGTERM || *signal == SIGINT || *signal == SIGQUIT) stop = true;
    if (*signal == SIGHUP || (*signal == SIGUSR1 && !signalForMaster_)) signalForMaster_ = signal;
  }
  return stop;
}

void StartSignals::resendSignalToMaster() {
  if (signalForMaster_) ::kill(::getpid(), *signalForMaster_);
  signalForMaster_.reset();
}

}  // namespace leptir::instance
