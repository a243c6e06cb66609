// One destination of log lines: a file, or stdout or stderr of the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/nonblocking_output.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"
#include "log/dropped_lines.h"
#include "log/line_queue.h"

namespace leptir::log {

// Any thread. A process that queues lines never waits for the reader and takes a lock for each line. Any other process
// takes no lock, so that it may fork at any moment, and waits up to a second for a slow reader before it drops a line.
// The descriptor keeps its number for the life of the sink: a reopened file replaces the old one under the same number,
// so a line that is being written meanwhile goes to the old file or to the new one. If a task closes our descriptor and
// opens its own file under that number, the sink notices and opens the log by its path for each line instead of writing
// into the task's file.
class LineSink {
 public:
  // Unavailable: the file cannot be opened for writing.
  static Result<std::unique_ptr<LineSink>> open(const LogSinkConfig& config, const Clock& clock);

  LogLevel level() const { return level_; }
  // `line` ends with a line feed; `now` is the time that it contains. Dropped lines are counted.
  void write(std::string_view line, Time now);
  // Lines dropped by all processes that share this sink.
  std::size_t dropped() const { return dropped_.total(); }
  // Opens the file again by its path, after it was rotated. Does nothing for a stream.
  Result<void> reopen();

  // See Logger.
  void queueFromNowOn() { queue_.startForThisProcess(); }
  bool flush(Time now);
  bool flushWithin(Duration longest, Time now);
  void unshareOpenFile() const { output_.unshareOpenFile(); }
  // A report of the dropped lines that this sink could not write into the log itself; empty: no lines.
  std::string takeDropReport();

 private:
  LineSink(const LogSinkConfig& config, std::string path, base::NonBlockingOutput output);
  bool isFile() const { return !path_.empty(); }
  std::string target() const;
  void followRotation(Time now);
  void writeQueued(std::string_view line, Time now);
  bool flushQueue(Time now);
  void dropQueue(int error);
  void writeOrWait(std::string_view line, Time now);
  bool writeOrQueueDropReport(Time now);
  int writeDropReport(Time now);
  int writeAll(std::string_view text);
  ssize_t writeLines(std::string_view text);
  ssize_t writeSome(std::string_view text) const;
  ssize_t writeByPath(std::string_view text) const;
  void noteIdentity();
  bool stillNamesOurFile() const;

  const std::string name_;
  const LogSinkConfig::Type type_;
  const LogLevel level_;
  const std::string path_;  // absolute, because the process may change its working directory; empty: a stream
  const base::NonBlockingOutput output_;
  std::atomic<dev_t> device_{0};  // of our file; checked before each write
  std::atomic<ino_t> inode_{0};
  DroppedLines dropped_;
  LineQueue queue_;
  std::atomic<Duration::rep> nextRotationCheck_{0};  // when to check whether the file was rotated away
};

}  // namespace leptir::log
