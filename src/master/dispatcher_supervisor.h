// Keeps one dispatcher running. There are never two: the next one is started only after the last one was reaped.
#pragma once

#include <optional>
#include <string>

#include "master/child_process.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/restart_backoff.h"
#include "master/stall_detector.h"

namespace leptir::master {

class DispatcherSupervisor {
 public:
  explicit DispatcherSupervisor(MasterContext& context);

  // To be called in each round of the master. Does nothing once `instanceEnd` returns a value.
  void tick(BootTime now);
  // To be called when a child was reaped. False: it was not the dispatcher.
  bool handleExit(const ExitReport& report, link::ShutdownStage stopping);
  // How the instance ends, now that no dispatcher runs or will be started; none until then.
  std::optional<link::InstanceEnd> instanceEnd() const { return instanceEnd_; }
  BootTime next() const;
  // Whether the dispatcher has shown lately that its main thread and the threads of its stores make progress. That a
  // dispatcher was started is no progress.
  bool makesProgress(BootTime now) const { return now - progressAt_ < context_.options.dispatcherHangTimeout; }

  // Asks the dispatcher to exit and to leave all tasks as they are; `startSuccessor` starts the next one. A dispatcher
  // that does not exit is killed, which makes no difference to slots and stores.
  void requestHandOver(BootTime now);
  bool hasHandedOver() const { return handOverUntil_ && !child_ && !instanceEnd_; }
  void startSuccessor(BootTime now);
  // Whether several dispatchers in a row could not be started, or died before they showed any progress.
  bool cannotStart() const { return failedStarts_ >= kFailedStartsToGiveUp; }
  // Kills the dispatcher and starts no other: the tasks that it holds return to their queues when its sessions expire.
  void giveUp();

  void closeInChild();

 private:
  static constexpr int kFailedStartsToGiveUp = 3;
  void startChild(BootTime now);
  void watchBeat(BootTime now);
  void kill(const std::string& why);
  metrics::ProcessRow& counters() const { return context_.counters(metrics::ProcessKind::Dispatcher); }
  void handleUnexpectedDeath(const ExitReport& report);
  void limitLeasesAfterDeath(BootTime now);
  void logExpectedExit(const ExitReport& report) const;
  std::optional<link::InstanceEnd> endAfter(const ExitReport& report, link::ShutdownStage stopping) const;

  MasterContext& context_;
  RestartBackoff backoff_;
  std::optional<ChildProcess> child_;
  std::optional<link::InstanceEnd> instanceEnd_;
  BootTime started_{};
  BootTime startAt_{};
  std::optional<BootTime> lastDeath_;  // the last one that was not requested
  StallDetector stalls_;
  std::int64_t beat_ = 0;  // the last beat seen
  BootTime beatSince_{};   // when that beat was first seen
  BootTime progressAt_{};  // the last beat of any dispatcher; before the first beat, the first start
  int failedStarts_ = 0;
  bool killed_ = false;
  std::optional<BootTime> handOverUntil_;  // set from the request to hand over until startSuccessor
};

}  // namespace leptir::master
