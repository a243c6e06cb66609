// The log. One line per message in PHP leptir's form: `2026-11-23T16:25:49+00:00 INFO (6): message`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// PHP leptir's (syslog's) numbers, as they stand in each line.
enum class LogLevel { Error = 3, Warning = 4, Info = 6, Debug = 7 };

// One place that log lines go to.
struct LogSinkConfig {
  enum class Type { File, Stdout, Stderr };
  std::string name{};  // for error messages only
  Type type = Type::Stdout;
  std::string path{};                // File only
  LogLevel level = LogLevel::Debug;  // messages above this number are left out; PHP leptir filters nothing
};

// Any thread, and processes that fork from its owner: each line is one write to a descriptor opened for appending, so
// lines never mix. A logger never throws and never ends the program. A reader that is slow (of a pipe, a terminal)
// delays a line by at most a second; once it has, lines that find no room are dropped at once until there is room
// again. What is dropped is counted, and the log says how many lines that were as soon as a line can be written.
class Logger {
 public:
  // One that drops everything.
  Logger();
  // Unavailable: a file cannot be opened; the message names it. `clock` outlives the logger.
  static Result<Logger> open(const std::vector<LogSinkConfig>& sinks, const Clock& clock = systemClock());

  Logger(Logger&&) noexcept;
  Logger& operator=(Logger&&) noexcept;
  ~Logger();

  // Control characters in `message` are written escaped, so that one message stays one line and no terminal is steered
  // by it.
  void log(LogLevel level, std::string_view message) const;
  void error(std::string_view message) const { log(LogLevel::Error, message); }
  void warning(std::string_view message) const { log(LogLevel::Warning, message); }
  void info(std::string_view message) const { log(LogLevel::Info, message); }
  void debug(std::string_view message) const { log(LogLevel::Debug, message); }

  // Whether anybody would see it: ask before building an expensive message on a hot path.
  bool enabled(LogLevel level) const { return static_cast<int>(level) <= loudest_; }
  // Opens each file anew by its path, after it was rotated away. A file that cannot be opened keeps its old descriptor,
  // and the error names it. Needed for speed only: whoever writes looks once a second whether the path still names its
  // file, so processes that nobody told follow as well.
  Result<void> reopen();
  // Lines that were dropped since the start, by this process and those that forked from it.
  std::size_t dropped() const;

  // For processes that must never wait for a reader: from here on lines without room wait in this process (a megabyte
  // of them; more are dropped) until a later line or `flush` writes them. Forks of this process do not queue.
  void queueFromNowOn();
  // Writes what waits, as far as there is room, without waiting. False: something is left.
  bool flush() const;
  // The same, and waits for room; for the end of a process. What could not be said in the log itself then is answered
  // as text, a line each.
  std::string flushWithin(Duration longest) const;
  // In a forked child that runs foreign code: pipes and terminals are opened anew, so that flags which that code
  // changes are not those of its parent's descriptors.
  void openStreamsAnew() const;

 private:
  class Sinks;
  explicit Logger(std::unique_ptr<Sinks> sinks);
  std::unique_ptr<Sinks> sinks_;
  int loudest_ = 0;  // the highest number that some sink takes
};

}  // namespace leptir
