#include "master/shutdown.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "base/error_text.h"
#include "base/nonblocking_output.h"
#include "base/saturated.h"
#include "master/waits_for.h"

namespace leptir::master {
namespace {

// How long workers may take to exit before they are killed; more if kill_grace is longer.
constexpr Duration kExitGrace = std::chrono::seconds(2);
constexpr Duration kBeyondKillGrace = std::chrono::milliseconds(500);
// How long the master waits for killed workers; then it exits although the kernel still holds one.
constexpr Duration kMaxWaitForKilledWorkers = std::chrono::seconds(10);

}  // namespace

void Shutdown::takeSignal(int signal, BootTime now) {
  const bool first = !hasBegun(now);
  schedule_.take(signal, now);
  publishStage(now);
  if (!first) return logWhatItWaitsFor(signal, now);
  context_.log.info("Signal " + std::to_string(signal) + " received. Shutdown procedure triggered.");
  context_.log.info("Somebody stopped a little butterfly. He's gonna wait for all the children to finish.");
  if (!workers_.anyTaskRuns())
    return context_.log.info("There's no active children. Let's just land on the hard surface");
  logWhatItWaitsFor(signal, now);
}

// After Ctrl-C it writes to the terminal as well, since the log may be a file.
void Shutdown::logWhatItWaitsFor(int signal, BootTime now) {
  auto text = "Leptir stops and waits for " + waitsFor(status_.view(now, true)) + ".";
  if (stage(now) < link::ShutdownStage::Now)
    text += " To end running tasks at once: kill -QUIT " + std::to_string(::getpid()) +
            ", or press Ctrl-\\ in its terminal.";
  context_.log.info(text);
  if (signal == SIGINT && ::isatty(STDERR_FILENO) == 1)
    (void)base::NonBlockingOutput(STDERR_FILENO).write("\n" + base::commandErrorText(text));
}

void Shutdown::publishStage(BootTime now) {
  auto& page = context_.link.page();
  const auto reached = stage(now);
  if (page.stopping.load() == reached) return;
  page.stopping = reached;
  context_.link.dispatcherBell().ring();
  context_.link.forEachSlot([this](int slot) { context_.link.workerBell(slot).ring(); });
}

void Shutdown::tick(BootTime now) {
  if (!end_ && hasBegun(now)) endWithoutDispatcher(now);
  if (const auto end = dispatcher_.instanceEnd(); end && !end_) tellWorkersToExit(*end, now);
  if (now >= exitUntil_) workers_.killAll(now, "does not exit and is killed");
}

// A shutdown needs the dispatcher only to settle tasks. When none can be started, or when it does not finish in time,
// the instance ends without it.
void Shutdown::endWithoutDispatcher(BootTime now) {
  if (stage(now) >= link::ShutdownStage::Now && settleUntil_ == BootTime::max())
    settleUntil_ = now + context_.options.settleTimeout;
  const bool hopeless = dispatcher_.cannotStart() && !workers_.anyTaskRuns();
  if (dispatcher_.instanceEnd() || (!hopeless && now < settleUntil_)) return;
  dispatcher_.giveUp();
  context_.log.error("Leptir ends without its dispatcher, which " +
                     std::string(hopeless ? "cannot be started" : "does not come to an end") +
                     ": tasks that it held return to their queues when its sessions expire.");
}

void Shutdown::tellWorkersToExit(link::InstanceEnd end, BootTime now) {
  end_ = end;
  schedule_.enterLeaveStage();
  publishStage(now);
  const auto killGrace = base::saturatedAdd(context_.options.killGrace, kBeyondKillGrace);
  exitUntil_ = base::saturatedAdd(now, std::max<Duration>(kExitGrace, killGrace));
}

bool Shutdown::isOver(BootTime now) const {
  return end_ && (workers_.allGone() || now > base::saturatedAdd(exitUntil_, kMaxWaitForKilledWorkers));
}

}  // namespace leptir::master
