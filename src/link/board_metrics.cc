#include "link/board_metrics.h"

#include <algorithm>

#include "leptir/version.h"
#include "metrics/process_usage.h"
#include "metrics/read_metrics_table.h"

namespace leptir::link {
namespace {

void addProcess(metrics::ProcessKind kind, int slot, int pid, metrics::Snapshot& snapshot) {
  if (pid <= 0) return;
  if (const auto usage = metrics::usageOf(pid)) snapshot.processes.push_back({kind, slot, *usage});
}

void addProcesses(const BoardInstance& instance, int dispatcher, metrics::Snapshot& snapshot) {
  addProcess(metrics::ProcessKind::Master, -1, instance.pid, snapshot);
  addProcess(metrics::ProcessKind::Dispatcher, -1, dispatcher, snapshot);
  for (const auto& worker : instance.workers)
    addProcess(metrics::ProcessKind::Worker, worker.slot, worker.pid, snapshot);
  if (instance.errorReports) addProcess(metrics::ProcessKind::ReportWorker, -1, instance.errorReports->pid, snapshot);
  if (instance.metricsServer)
    addProcess(metrics::ProcessKind::MetricsServer, -1, instance.metricsServer->pid, snapshot);
}

}  // namespace

metrics::Snapshot metricsOf(const StatusBoard& board, const Clock& clock) {
  const auto instance = board.snapshot(clock);
  metrics::Snapshot snapshot;
  snapshot.version = kVersion;
  snapshot.state = nameOf(instance.state);
  snapshot.startedAt = std::chrono::duration<double>(instance.since.time_since_epoch()).count();
  snapshot.workers = instance.workers.size();
  snapshot.busy = static_cast<std::uint64_t>(std::ranges::count_if(instance.workers, &BoardWorker::busy));
  if (const auto& reports = instance.errorReports)
    snapshot.errorReports = {reports->sent, reports->failed, reports->dropped, reports->repeated, reports->waiting};
  if (const auto& spans = instance.spans) snapshot.spans = {spans->sent, spans->dropped, spans->waiting};
  if (const auto& requests = instance.storeRequests)
    snapshot.storeRequests = {requests->sent, requests->repeated, requests->throttled};
  metrics::readMetricsTable(board.metrics(), snapshot);
  addProcesses(instance, board.metrics().dispatcherPid, snapshot);
  return snapshot;
}

Result<metrics::Snapshot> readMetrics(const std::filesystem::path& boardFile, const Clock& clock) {
  const auto board = StatusBoard::open(boardFile);
  if (!board) return board.error();
  return metricsOf(**board, clock);
}

}  // namespace leptir::link
