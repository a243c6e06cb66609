#include "dispatcher/span_export.h"

#include <string>
#include <system_error>
#include <utility>

namespace leptir::dispatcher {

SpanExport::SpanExport(const DispatcherOptions& options, link::StatusBoard& board, const Logger& logger)
    : board_(board), logger_(logger) {
  const auto& tracing = options.tracing;
  board.setSpansEnabled(!tracing.collector.endpoint.empty());
  if (tracing.collector.endpoint.empty()) return;
  try {
    sender_.emplace(
        tracing::SpanSource{.service = tracing.service, .instance = options.instance, .host = options.info.host},
        tracing::makeDeliverFunction(tracing.collector), logger);
  } catch (const std::system_error& error) {
    logger.error(std::string("Tracing: no spans are sent, since their thread cannot be started: ") + error.what());
  }
}

void SpanExport::add(std::vector<tracing::TracedRun> runs, std::uint64_t dropped) {
  if (!sender_) return;
  if (dropped > 0) sender_->countDropped(dropped);
  if (!runs.empty()) sender_->add(std::move(runs));
}

void SpanExport::publish() {
  if (sender_) publish(sender_->counts());
}

void SpanExport::publish(const tracing::SpanSender::Counts& counts) {
  board_.updateSpans({.sent = counts.sent - published_.sent,
                      .dropped = counts.dropped - published_.dropped,
                      .waiting = counts.waiting,
                      .failing = counts.failing});
  published_ = counts;
}

void SpanExport::beginFlush() {
  if (sender_) sender_->beginFlush();
}

void SpanExport::abandon(const char* why) {
  if (!sender_) return;
  auto counts = sender_->counts();
  const auto left = std::exchange(counts.waiting, 0);
  counts.dropped += left;
  publish(counts);
  if (left > 0)
    logger_.warning("Tracing: " + std::to_string(left) + (left == 1 ? " span is" : " spans are") + " dropped: " + why);
}

}  // namespace leptir::dispatcher
