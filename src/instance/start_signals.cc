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

int exitStatusOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
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
  std::optional<BootTime> giveUp;  // set once the child was killed
  int status = 0;
  for (;;) {
    const auto ended = ::waitpid(child->pid(), &status, WNOHANG);
    if (ended == child->pid() || (ended < 0 && errno != EINTR)) break;
    if (giveUp && systemClock().bootTime() >= *giveUp) break;
    pollfd signals{inbox_.descriptor(), POLLIN, 0};
    ::poll(&signals, 1, giveUp ? millisecondsUntil(*giveUp) : -1);
    if (!takeSignals() || giveUp) continue;
    giveUp = systemClock().bootTime() + patience;
    child->signal(SIGKILL);
  }
  if (giveUp) return std::optional<int>();
  return std::optional<int>(exitStatusOf(status));
}

// Reads all signals that came; true: one of them asks to stop.
bool StartSignals::takeSignals() {
  bool stop = false;
  while (const auto signal = inbox_.next()) {
    if (*signal == SIGTERM || *signal == SIGINT || *signal == SIGQUIT) stop = true;
    if (*signal == SIGHUP || (*signal == SIGUSR1 && !forMaster_)) forMaster_ = *signal;
  }
  return stop;
}

void StartSignals::sendToMaster() {
  if (forMaster_) ::kill(::getpid(), *forMaster_);
  forMaster_.reset();
}

}  // namespace leptir::instance
