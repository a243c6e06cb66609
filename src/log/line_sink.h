// One place that log lines go to: a file of ours, or a stream of the process.
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
#include "log/line_queue.h"
#include "log/lost_lines.h"

namespace leptir {

// Any thread. A process that queues never waits for the reader and takes a lock for each line. Any other process takes
// no lock, so that it may fork at any moment, and gives a reader a second before it drops a line. The descriptor keeps
// its number for life (a reopened file is put under the same number), so a line that is being written meanwhile goes to
// the old file or to the new one, never elsewhere: not into a file of a task that has closed our descriptor and got its
// number. Then each line opens the file by its path.
class LineSink {
 public:
  // Unavailable: the file cannot be opened for writing.
  static Result<std::unique_ptr<LineSink>> open(const LogSinkConfig& config, const Clock& clock);

  LogLevel level() const { return level_; }
  // `line` ends with a line feed. `now` is the time that stands in it. What is dropped is counted.
  void write(std::string_view line, Time now);
  // Of all processes that share this sink.
  std::size_t dropped() const { return lost_.total(); }
  // A stream has nothing to reopen.
  Result<void> reopen();

  // See Logger.
  void queueFromNowOn() { queue_.begin(); }
  bool flush(Time now);
  bool flushWithin(Duration longest, Time now);
  void openAnew() const { output_.openAnew(); }
  // What was lost and could not be said in this sink; empty: nothing.
  std::string takeLosses();

 private:
  LineSink(const LogSinkConfig& config, std::string path, NonBlockingOutput output);
  bool isFile() const { return !path_.empty(); }
  std::string target() const;
  void followRotation(Time now);
  void writeQueued(std::string_view line, Time now);
  bool flushQueue(Time now);
  void giveUpQueue(int error);
  void writePatiently(std::string_view line, Time now);
  bool sayLossesOrQueueThem(Time now);
  int sayLosses(Time now);
  int writeAll(std::string_view text);
  ssize_t writeLines(std::string_view text);
  ssize_t writeSome(std::string_view text) const;
  ssize_t writeByPath(std::string_view text) const;
  void noteIdentity();
  bool isStillOurs() const;

  const std::string name_;
  const LogSinkConfig::Type type_;
  const LogLevel level_;
  const std::string path_;  // absolute: the process may change its folder; empty: a stream
  const NonBlockingOutput output_;
  std::atomic<dev_t> device_{0};  // of our file, which is looked at before each write
  std::atomic<ino_t> inode_{0};
  LostLines lost_;
  LineQueue queue_;
  std::atomic<Duration::rep> nextLook_{0};  // when to look whether the file was rotated away
};

}  // namespace leptir
