#include "link/board_entries.h"

#include <algorithm>
#include <chrono>

#include "base/saturated.h"

namespace leptir::link {

BoardWorker readWorkerEntry(const WorkerEntry& entry, int slot, BootTime now) {
  BoardWorker worker;
  worker.slot = slot;
  worker.pid = entry.pid.load();
  auto whole = worker;
  const bool caught = entry.lock.read([&] {
    whole.pid = entry.pid.load();
    whole.busy = entry.busy.load();
    whole.taskId = entry.taskId.load();
    whole.taskName = entry.taskName.load();
    const auto started = BootTime(Duration(entry.taskStartedBoot.load()));
    whole.seconds = std::max(0.0, std::chrono::duration<double>(base::saturatedSubtract(now, started)).count());
    whole.progress = entry.progress.load();
    whole.progressText = entry.progressText.load();
  });
  // Not read whole: a dispatcher died while it wrote, or the task changes too quickly. Then only the pid is shown.
  return caught ? whole : worker;
}

std::pair<InstanceState, std::string> readInstanceStateEntry(const InstanceStateEntry& entry) {
  std::pair<InstanceState, std::string> read;
  entry.lock.read([&] { read = {entry.state.load(), entry.waitsFor.load()}; });
  return read;
}

std::optional<BoardErrorReports> readErrorReportsEntry(const ErrorReportsEntry& entry) {
  if (!entry.enabled) return std::nullopt;
  BoardErrorReports reports{.pid = entry.pid,
                            .sent = entry.sent,
                            .failed = entry.failed,
                            .dropped = entry.dropped,
                            .repeated = entry.repeated,
                            .waiting = entry.waiting,
                            .failing = {}};
  entry.lock.read([&] { reports.failing = entry.failing.load(); });
  return reports;
}

std::optional<BoardMetricsServer> readMetricsServerEntry(const MetricsServerEntry& entry) {
  BoardMetricsServer server{.pid = entry.pid, .listening = entry.listening};
  entry.lock.read([&] { server.address = entry.address.load(); });
  entry.problemLock.read([&] { server.problem = entry.problem.load(); });
  return server.address.empty() ? std::nullopt : std::optional(std::move(server));
}

std::optional<BoardSpans> readSpansEntry(const SpansEntry& entry) {
  if (!entry.enabled) return std::nullopt;
  return BoardSpans{.sent = entry.sent, .dropped = entry.dropped, .waiting = entry.waiting, .failing = entry.failing};
}

}  // namespace leptir::link
