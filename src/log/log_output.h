// LogOutput: the open file or stream of a log.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/nonblocking_output.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"

namespace leptir::log {

// Any thread. The descriptor keeps its number for the life of the object: a reopened file replaces the old one under
// the same number, so a line that is being written meanwhile goes to the old file or to the new one. If a task closes
// our descriptor and opens its own file under that number, the object notices and opens the log by its path for each
// line instead of writing into the task's file.
class LogOutput {
 public:
  // Unavailable: the file cannot be opened for writing.
  static Result<std::unique_ptr<LogOutput>> open(const LogSinkConfig& config, const Clock& clock);

  // Never waits. Answers as write(2).
  ssize_t write(std::string_view text) const;
  bool waitUntilWritable(Duration longest) const { return output_.waitUntilWritable(longest); }

  // Opens the file again by its path, after it was rotated. Does nothing for a stream.
  Result<void> reopen();
  // Once a second, checks whether the path still names our file, and reopens it if not. `now` is the time of the line
  // that comes next.
  void followRotation(Time now);

  // The path, or "stdout" or "stderr".
  std::string target() const;
  // See Logger::unshareStreams.
  void unshareOpenFile() const { output_.unshareOpenFile(); }

 private:
  LogOutput(const LogSinkConfig& config, std::string path, base::NonBlockingOutput output);
  bool isFile() const { return !path_.empty(); }
  void noteIdentity();
  bool isDescriptorOfOurFile() const;
  ssize_t writeByPath(std::string_view text) const;

  const std::string logger_;
  const LogSinkConfig::Type type_;
  const std::string path_;  // absolute, because the process may change its working directory; empty: a stream
  const base::NonBlockingOutput output_;
  std::atomic<dev_t> device_{0};  // of our file; checked before each write
  std::atomic<ino_t> inode_{0};
  std::atomic<Duration::rep> nextRotationCheck_{0};  // when to check whether the file was rotated away
};

}  // namespace leptir::log
