#include "link/board_entries.h"

#include <algorithm>
#include <chrono>

#include "base/saturated.h"

namespace leptir::link {

BoardWorker readWorkerEntry(const WorkerEntry& line, int slot, BootTime now) {
  BoardWorker worker;
  worker.slot = slot;
  worker.pid = line.pid.load();
  auto whole = worker;
  const bool caught = line.lock.read([&] {
    whole.pid = line.pid.load();
    whole.busy = line.busy.load();
    whole.taskId = line.taskId.load();
    whole.taskName = line.taskName.load();
    const auto started = BootTime(Duration(line.startedBoot.load()));
    whole.seconds = std::max(0.0, std::chrono::duration<double>(base::saturatedSubtract(now, started)).count());
    whole.progress = line.progress.load();
    whole.progressText = line.progressText.load();
  });
  // Not read whole: a dispatcher died while it wrote, or the task changes too quickly. Then only the pid is shown.
  return caught ? whole : worker;
}

std::pair<InstanceState, std::string> readInstanceStateEntry(const InstanceStateEntry& line) {
  std::pair<InstanceState, std::string> read;
  line.lock.read([&] { read = {line.state.load(), line.waitsFor.load()}; });
  return read;
}

std::optional<BoardErrorReports> readErrorReportsEntry(const ErrorReportsEntry& line) {
  if (!line.enabled) return std::nullopt;
  BoardErrorReports reports{.pid = line.pid,
                            .sent = line.sent,
                            .failed = line.failed,
                            .dropped = line.dropped,
                            .repeated = line.repeated,
                            .waiting = line.waiting,
                            .failing = {}};
  line.lock.read([&] { reports.failing = line.failing.load(); });
  return reports;
}

std::optional<BoardMetricsServer> readMetricsServerEntry(const MetricsServerEntry& line) {
  BoardMetricsServer server{.pid = line.pid, .listening = line.listening};
  line.lock.read([&] { server.address = line.address.load(); });
  line.problemLock.read([&] { server.problem = line.problem.load(); });
  return server.address.empty() ? std::nullopt : std::optional(std::move(server));
}

std::optional<BoardSpans> readSpansEntry(const SpansEntry& line) {
  if (!line.enabled) return std::nullopt;
  return BoardSpans{.sent = line.sent, .dropped = line.dropped, .waiting = line.waiting, .failing = line.failing};
}

}  // namespace leptir::link
