// SpanExport: hands the spans of settled runs to the sender, and shows on the status board what became of them.
#pragma once

#include <optional>
#include <vector>

#include "dispatcher/dispatcher.h"
#include "leptir/logger.h"
#include "link/link.h"
#include "tracing/span_sender.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher, which it never makes wait.
class SpanExport {
 public:
  // All must outlive the object. Without an endpoint it does nothing.
  SpanExport(const DispatcherOptions& options, link::StatusBoard& board, const Logger& logger);

  bool hasRoom() const { return sender_ && sender_->hasRoom(); }
  // `dropped`: how many spans were not made, since there was no room.
  void add(std::vector<tracing::TracedRun> runs, std::uint64_t dropped);
  // To be called now and then: updates the status board.
  void publish();

  // The dispatcher is about to exit: what waits is to be sent now.
  void beginFlush();
  bool isIdle() const { return !sender_ || sender_->isIdle(); }
  // Counts the spans that are left as dropped. `why` completes the sentence "2 spans are dropped: …". If a
  // request is being sent, the process must then end without the destructor, which would wait for it.
  void abandon(const char* why);

 private:
  void publish(const tracing::SpanSender::Counts& counts);

  link::StatusBoard& board_;
  const Logger& logger_;
  std::optional<tracing::SpanSender> sender_;  // none: no endpoint is configured
  tracing::SpanSender::Counts published_;
};

}  // namespace leptir::dispatcher
