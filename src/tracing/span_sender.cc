#include "tracing/span_sender.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace leptir::tracing {
namespace {

std::size_t countSpans(const std::vector<TracedRun>& runs) {
  std::size_t spans = 0;
  for (const auto& run : runs) spans += run.spans();
  return spans;
}

BootTime bootTime() {
  return systemClock().bootTime();
}

}  // namespace

SpanSender::SpanSender(SpanSource source, DeliverFunction deliver, const Logger& logger, SenderLimits limits)
    : source_(std::move(source)), deliver_(std::move(deliver)), logger_(logger), limits_(limits), thread_([this] {
        ::pthread_setname_np(::pthread_self(), "spans");
        loop();
      }) {}

SpanSender::~SpanSender() {
  stop_.requestStop();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SpanSender::add(std::vector<TracedRun> runs) {
  std::uint64_t dropped = 0;
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    const auto before = queuedSpans_.load(std::memory_order_relaxed);
    auto queued = before;
    for (auto& run : runs) {
      const auto spans = run.spans();
      if (queued + spans > limits_.maxQueuedSpans) {
        dropped += spans;
        continue;
      }
      queued += spans;
      queue_.push_back(std::move(run));
    }
    queuedSpans_ = queued;
    // The thread sleeps until there are spans, and then until there is a batch of them or the first one has waited.
    wakes = before == 0 ? queued > 0 : before < limits_.batch && queued >= limits_.batch;
  }
  dropped_ += dropped;
  if (wakes) wake_.notify_one();
}

SpanSender::Counts SpanSender::counts() const {
  return {.sent = sent_, .dropped = dropped_, .waiting = queuedSpans_ + spansInFlight_, .failing = failing_};
}

void SpanSender::beginFlush() {
  {
    const std::lock_guard lock(mutex_);
    flushing_ = true;
  }
  wake_.notify_one();
}

// --- the thread

void SpanSender::loop() {
  for (auto batch = nextBatch(); !batch.empty(); batch = nextBatch()) {
    send(batch);
    spansInFlight_ = 0;
    if (!reportedAt_ || bootTime() - *reportedAt_ >= limits_.dropReportInterval) reportDropped();
  }
  reportDropped();
}

bool SpanSender::isDue() const {
  return flushing_ || ending_ || queuedSpans_ >= limits_.batch;
}

// Waits for spans. Empty: the sender ends, and no span is left.
std::vector<TracedRun> SpanSender::nextBatch() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
  wake_.wait_for(lock, limits_.maxBatchDelay, [this] { return isDue(); });
  std::vector<TracedRun> batch;
  std::size_t spans = 0, runs = 0;
  while (runs < queue_.size() && spans + queue_[runs].spans() <= std::max<std::size_t>(limits_.batch, 2))
    spans += queue_[runs++].spans();
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(runs);
  batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  spansInFlight_ = spans;
  queuedSpans_ -= spans;
  return batch;
}

void SpanSender::send(const std::vector<TracedRun>& runs) {
  const auto spans = countSpans(runs);
  if (stop_.token().stopRequested())
    return noteLost(spans, Error(ErrorCode::Unavailable, "they were not sent before the end of the instance"));
  const auto refused = deliver_(otlpRequest(source_, runs), stop_.token());
  refused ? noteSent(spans, *refused) : noteLost(spans, refused.error());
}

void SpanSender::noteSent(std::uint64_t spans, std::uint64_t refused) {
  refused = std::min(refused, spans);
  sent_ += spans - refused;
  dropped_ += refused;
  if (refused > 0) lossReason_ = "the server refused them";
  if (failing_.exchange(false)) logger_.info("Tracing: spans are sent again.");
}

void SpanSender::noteLost(std::uint64_t spans, const Error& why) {
  dropped_ += spans;
  lossReason_ = why.message();
  failing_ = true;
}

void SpanSender::reportDropped() {
  const auto dropped = dropped_.load();
  if (dropped == reportedDrops_) return;
  const auto spans = dropped - std::exchange(reportedDrops_, dropped);
  const auto why = std::exchange(lossReason_, {});
  logger_.warning("Tracing: " + std::to_string(spans) + (spans == 1 ? " span is" : " spans are") +
                  " dropped: " + (why.empty() ? "the server took them too slowly" : why));
  reportedAt_ = bootTime();
}

}  // namespace leptir::tracing
