// SpanSender: sends the spans of settled runs in batches, in a thread of its own. Its caller never waits for it: runs
// for which there is no room are dropped and counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"
#include "leptir/stop_source.h"
#include "tracing/otlp_json.h"
#include "tracing/traced_run.h"

namespace leptir::tracing {

// Sends one request, in the thread of the sender, and returns how many of its spans the server refused. It tries again
// by itself where that can help, until the token fires. Any error: the spans are lost.
using DeliverFunction = std::function<Result<std::uint64_t>(std::string request, const StopToken& stop)>;

// The defaults are those of OpenTelemetry's batch processor, but for the pause, which is 5 s there.
struct SenderLimits {
  std::size_t maxQueuedSpans = 2048;                      // spans that wait; further ones are dropped
  std::size_t batch = 512;                                // so many spans are sent at once,
  Duration maxBatchDelay = std::chrono::seconds(1);       // or fewer once the first one has waited so long
  Duration dropReportInterval = std::chrono::minutes(1);  // the log says at most this often how many were dropped
};

class SpanSender {
 public:
  // What became of spans, since the start.
  struct Counts {
    std::uint64_t sent = 0;     // taken by the server
    std::uint64_t dropped = 0;  // lost: no room, not delivered, or refused by the server
    std::uint64_t waiting = 0;  // wait now, or are being sent
    bool failing = false;       // the last request did not reach the server, or was refused
  };

  // Starts the thread; throws std::system_error if that is not possible. The logger must outlive the object.
  SpanSender(SpanSource source, DeliverFunction deliver, const Logger& logger, SenderLimits limits = {});
  // Ends at once; spans that are left are dropped.
  ~SpanSender();
  SpanSender(const SpanSender&) = delete;
  SpanSender& operator=(const SpanSender&) = delete;

  // --- Any thread.
  // Whether the next run would find room: call it before making a run. It costs one load.
  bool hasRoom() const { return queuedSpans_.load(std::memory_order_relaxed) < limits_.maxQueuedSpans; }
  void add(std::vector<TracedRun> runs);
  void countDropped(std::uint64_t spans) { dropped_ += spans; }
  Counts counts() const;

  // From now on spans are sent at once: the process is about to end.
  void beginFlush();
  bool isIdle() const { return counts().waiting == 0; }

 private:
  void loop();
  std::vector<TracedRun> nextBatch();
  bool isDue() const;
  void send(const std::vector<TracedRun>& runs);
  void noteSent(std::uint64_t spans, std::uint64_t refused);
  void noteLost(std::uint64_t spans, const Error& why);
  void reportDropped();

  const SpanSource source_;
  const DeliverFunction deliver_;
  const Logger& logger_;
  const SenderLimits limits_;

  std::mutex mutex_;  // of the queue and the two marks, held for moments only
  std::condition_variable wake_;
  std::vector<TracedRun> queue_;
  bool flushing_ = false, ending_ = false;

  std::atomic<std::size_t> queuedSpans_{0}, spansInFlight_{0};
  std::atomic<std::uint64_t> sent_{0}, dropped_{0};
  std::atomic<bool> failing_{false};

  // Used by the thread alone.
  std::uint64_t reportedDrops_ = 0;  // dropped spans that the log knows of
  std::optional<BootTime> reportedAt_;
  std::string lossReason_;  // of the last spans that were lost; empty: none since the last report

  StopSource stop_;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace leptir::tracing
