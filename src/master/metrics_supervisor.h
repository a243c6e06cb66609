// Keeps the metrics server running while the configuration has one (`metrics: listen`). The instance does not depend on
// it: tasks go on whether it runs or not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "master/child_process.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/restart_backoff.h"
#include "master/stall_detector.h"

namespace leptir::master {

class MetricsSupervisor {
 public:
  explicit MetricsSupervisor(MasterContext& context);

  // To be called in each round of the master.
  void tick(BootTime now);
  // To be called when a child was reaped. False: it was not the metrics server.
  bool handleExit(const ExitReport& report);
  // After a reload: the present server is killed, and one with the new configuration takes its place, if that has one.
  void replace(BootTime now);
  void reopenLogs() const;
  // At the end of the instance: kills the server, and starts no other.
  void end();

  bool isRunning() const { return child_.has_value(); }
  // When to call `tick` again at the latest.
  BootTime next() const;
  void closeInChild();

 private:
  static constexpr std::uint64_t kBackoffSeed = 0;  // seeds above are those of workers
  bool isWanted() const { return !ended_ && !context_.options.metricsListen.empty(); }
  void start(BootTime now);
  void watchBeats(BootTime now);
  void removeSocket();
  void noteDeath(const ExitReport& report);
  metrics::ProcessRow& counters() const { return context_.counters(metrics::ProcessKind::MetricsServer); }

  struct Unmap {
    void operator()(Beats* beats) const;
  };

  MasterContext& context_;
  RestartBackoff backoff_;
  const std::unique_ptr<Beats, Unmap> beats_;  // null: there was no memory, and the server is not watched
  std::uint32_t lastBeats_ = 0;
  BootTime beatsSince_{};  // when it had that value for the first time
  StallDetector stalls_;
  std::string servedAt_{};  // the address of the last server
  std::optional<ChildProcess> child_;
  BootTime started_{};
  BootTime startAt_{};
  bool killed_ = false;     // by this supervisor
  bool diedEarly_ = false;  // the last one died soon after its start, and the log says so
  bool ended_ = false;
};

}  // namespace leptir::master
