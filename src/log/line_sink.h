// One place that log lines go to: a file of ours, or a stream of the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"

namespace leptir {

// Any thread; no lock, so a fork may happen at any moment. The descriptor keeps its number for life (a reopened file is
// put under the same number), so a line that is being written meanwhile goes to the old file or to the new one, never
// elsewhere.
class LineSink {
 public:
  // Unavailable: the file cannot be opened for writing.
  static Result<std::unique_ptr<LineSink>> open(const LogSinkConfig& config, const Clock& clock);

  LogLevel level() const { return level_; }
  // `line` ends with a line feed. `now` is the time that stands in it. False: it was not written, or not as a whole.
  bool write(std::string_view line, Time now);
  // A stream has nothing to reopen.
  Result<void> reopen();

 private:
  LineSink(const LogSinkConfig& config, std::string path, UniqueFd file);

  int descriptor() const { return file_ ? file_.get() : stream_; }
  void followRotation(Time now);
  bool writeAll(std::string_view text);

  const std::string name_;
  const LogLevel level_;
  const std::string path_;  // absolute: the process may change its folder
  const int stream_;        // of the process; used when there is no file
  const UniqueFd file_;
  const bool mayBreak_;                     // a pipe or socket, where writing may raise SIGPIPE
  std::atomic<bool> torn_{false};           // the last line was cut, so the next one begins with a line feed
  std::atomic<Duration::rep> nextLook_{0};  // when to look whether the file was rotated away
};

}  // namespace leptir
