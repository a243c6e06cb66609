// One destination of log lines: a file, or stdout or stderr of the process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"
#include "log/dropped_lines.h"
#include "log/line_queue.h"
#include "log/log_output.h"

namespace leptir::log {

// Any thread. A process that queues lines never waits for the reader and takes a lock for each line. Any other process
// takes no lock, so that it may fork at any moment, and waits up to a second for a slow reader before it drops a line.
class LineSink {
 public:
  // Unavailable: the file cannot be opened for writing. `source` names the instance and the process in JSON lines of
  // the sink's own (log_line.h: sourceFields), and must outlive the sink.
  static Result<std::unique_ptr<LineSink>> open(const LogSinkConfig& config, const Clock& clock,
                                                const std::string& source);

  LogLevel level() const { return level_; }
  LogFormat format() const { return format_; }
  // `line` ends with a line feed; `now` is the time that it contains. Dropped lines are counted.
  void write(std::string_view line, Time now);
  // Lines dropped by all processes that share this sink.
  std::size_t dropped() const { return dropped_.total(); }
  // Opens the file again by its path, after it was rotated. Does nothing for a stream.
  Result<void> reopen() { return output_->reopen(); }

  // See Logger.
  void queueFromNowOn() { queue_.startForThisProcess(); }
  bool flush(Time now);
  bool flushWithin(Duration longest, Time now);
  void unshareOpenFile() const { output_->unshareOpenFile(); }
  // A report of the dropped lines that this sink could not write into the log itself; empty: no lines.
  std::string takeDropReport();

 private:
  LineSink(const LogSinkConfig& config, std::unique_ptr<LogOutput> output, const std::string& source);
  void writeQueued(std::string_view line, Time now);
  bool flushQueue(Time now);
  void dropQueue(int error);
  bool writeOrQueueDropReport(Time now);
  void writeOrWait(std::string_view line, Time now);
  int writeDropReport(Time now);
  std::string dropReportLine(std::uint64_t lines, Time now) const;
  int writeAll(std::string_view text);
  ssize_t writeLines(std::string_view text);

  const LogLevel level_;
  const LogFormat format_;
  const std::string& source_;
  const std::unique_ptr<LogOutput> output_;
  DroppedLines dropped_;
  LineQueue queue_;
};

}  // namespace leptir::log
