#include "log/line_sink.h"

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "log/log_line.h"

namespace leptir::log {
namespace {

// How long a line waits for a slow reader, where waiting is allowed. After that no line waits until a write succeeds at
// once again.
constexpr Duration kMaxReaderWait = std::chrono::seconds(1);

BootTime bootTime() {
  return systemClock().bootTime();
}

}  // namespace

Result<std::unique_ptr<LineSink>> LineSink::open(const LogSinkConfig& config, const Clock& clock,
                                                 const std::string& source) {
  auto output = LogOutput::open(config, clock);
  if (!output) return output.error();
  return std::unique_ptr<LineSink>(new LineSink(config, std::move(*output), source));
}

LineSink::LineSink(const LogSinkConfig& config, std::unique_ptr<LogOutput> output, const std::string& source)
    : level_(config.level), format_(config.format), source_(source), output_(std::move(output)) {}

std::string LineSink::dropReportLine(std::uint64_t lines, Time now) const {
  const auto report = dropped_.describe(lines, output_->target());
  return formatLine(format_, {.time = now, .level = LogLevel::Warning, .message = report}, source_);
}

void LineSink::write(std::string_view line, Time now) {
  output_->followRotation(now);
  queue_.belongsToThisProcess() ? writeQueued(line, now) : writeOrWait(line, now);
}

// Writes text that begins at the start of a line, or continues a line that was not cut.
ssize_t LineSink::writeLines(std::string_view text) {
  auto& torn = dropped_.torn();
  if (torn.load(std::memory_order_relaxed) && torn.exchange(false)) {
    if (const auto ended = output_->write("\n"); ended <= 0) {
      torn = true;
      return ended;
    }
  }
  return output_->write(text);
}

// --- In a process that queues lines (after queueFromNowOn).

void LineSink::writeQueued(std::string_view line, Time now) {
  const std::lock_guard lock(queue_.mutex());
  flushQueue(now);
  if (!queue_.add(line)) return dropped_.add(1, EAGAIN);
  flushQueue(now);
}

bool LineSink::flush(Time now) {
  if (!queue_.belongsToThisProcess()) return true;
  const std::lock_guard lock(queue_.mutex());
  return flushQueue(now);
}

// True: the queue is empty, and the log reports every dropped line.
bool LineSink::flushQueue(Time now) {
  while (!queue_.isEmpty()) {
    const auto written = writeLines(queue_.text());
    if (written < 0 && errno == EAGAIN) return false;
    if (written <= 0) {
      dropQueue(errno);
      return false;
    }
    dropped_.stalled() = false;
    queue_.removeWritten(static_cast<std::size_t>(written));
  }
  return writeOrQueueDropReport(now);
}

void LineSink::dropQueue(int error) {
  if (queue_.beginsInsideLine()) dropped_.torn() = true;
  dropped_.add(queue_.clear(), error);
}

bool LineSink::writeOrQueueDropReport(Time now) {
  const auto lines = dropped_.hasUnreported() ? dropped_.takeUnreported() : 0;
  if (lines == 0) return true;
  // The queue was empty, so the line fits.
  queue_.add(dropReportLine(lines, now));
  const auto written = writeLines(queue_.text());
  if (written <= 0) {
    queue_.clear();
    dropped_.putBack(lines);
    return false;
  }
  queue_.removeWritten(static_cast<std::size_t>(written));
  return queue_.isEmpty();
}

bool LineSink::flushWithin(Duration longest, Time now) {
  const auto until = bootTime() + longest;
  while (!flush(now)) {
    const auto left = until - bootTime();
    if (left <= Duration::zero() || !output_->waitUntilWritable(left)) return false;
    // Writes fail for another reason than a slow reader, so waiting does not help.
    if (dropped_.hasUnreported() && queue_.isEmpty()) return false;
  }
  return true;
}

std::string LineSink::takeDropReport() {
  if (queue_.belongsToThisProcess()) {
    const std::lock_guard lock(queue_.mutex());
    if (!queue_.isEmpty()) dropQueue(EAGAIN);
  }
  const auto lines = dropped_.takeUnreported();
  return lines == 0 ? std::string() : dropped_.describe(lines, output_->target());
}

// --- In a process that does not queue lines.

void LineSink::writeOrWait(std::string_view line, Time now) {
  int error = dropped_.hasUnreported() ? writeDropReport(now) : 0;
  if (error == 0) error = writeAll(line);
  if (error != 0) return dropped_.add(1, error);
  dropped_.stalled() = false;
}

int LineSink::writeDropReport(Time now) {
  const auto lines = dropped_.takeUnreported();
  if (lines == 0) return 0;  // another thread or process reports them
  const int error = writeAll(dropReportLine(lines, now));
  if (error != 0) dropped_.putBack(lines);
  return error;
}

// One write per line, unless the system takes only part of it. Answers 0 or the errno.
int LineSink::writeAll(std::string_view text) {
  const auto whole = text.size();
  std::optional<BootTime> until;  // set: this line had to wait; the deadline
  while (!text.empty()) {
    const auto written = writeLines(text);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EAGAIN && !dropped_.stalled()) {
      if (!until) until = bootTime() + kMaxReaderWait;
      if (output_->waitUntilWritable(*until - bootTime())) continue;
      dropped_.stalled() = true;
    }
    if (text.size() < whole) dropped_.torn() = true;
    return error;
  }
  return 0;
}

}  // namespace leptir::log
