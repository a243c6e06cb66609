// The log: one line for each message, in PHP leptir's format (`2026-11-23T16:25:49+00:00 INFO (6): message`) or as a
// JSON object.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// The numbers of syslog, which PHP leptir writes into each line.
enum class LogLevel { Error = 3, Warning = 4, Info = 6, Debug = 7 };

// How a destination gets its lines; docs/guide/configuration.md has the fields of a JSON line.
enum class LogFormat { Text, JsonLines };

// The task that a message is about. The logger does not keep the texts.
struct LogTask {
  std::string_view id{};
  std::string_view name{};  // empty: unknown
  int attempt = 0;          // 1 for the first run; 0: unknown
};

// One destination of log lines.
struct LogSinkConfig {
  enum class Type { File, Stdout, Stderr };
  std::string name{};  // for error messages only
  Type type = Type::Stdout;
  std::string path{};                // File only
  LogLevel level = LogLevel::Debug;  // messages with a higher number are left out; PHP leptir has no filter
  LogFormat format = LogFormat::Text;
};

// Any thread may log, and so may forks of the process: each line is one write to a descriptor in append mode, so lines
// never mix. Logging neither throws nor ends the program. A slow reader of a pipe or terminal delays one line by at
// most a second; after that, lines for which the pipe has no space are dropped without a wait until it has space again.
// The number of dropped lines is logged as soon as a line can be written.
class Logger {
 public:
  // Makes a logger without destinations, which drops every message.
  Logger();
  // Unavailable: a file cannot be opened; the error names it. `clock` must outlive the logger.
  static Result<Logger> open(const std::vector<LogSinkConfig>& sinks, const Clock& clock = systemClock());

  Logger(Logger&&) noexcept;
  Logger& operator=(Logger&&) noexcept;
  ~Logger();

  // Writes control characters in `message` escaped, so that a message is one line and cannot send commands to a
  // terminal.
  void log(LogLevel level, std::string_view message) const;
  // The same for a message about a task: text has `[id](name) ` in front of it, a JSON line has fields of their own.
  void log(LogLevel level, std::string_view message, const LogTask& task) const;
  // The same for a message of an instance's master: text has `[pid](:MASTER:) ` in front of it, as in PHP leptir.
  void logAsMaster(LogLevel level, std::string_view message) const { logAs("MASTER", level, message); }
  // The same for a message of another process without tasks: text has `[pid](:ROLE:) ` in front of it.
  void logAs(std::string_view role, LogLevel level, std::string_view message) const;
  void error(std::string_view message) const { log(LogLevel::Error, message); }
  void warning(std::string_view message) const { log(LogLevel::Warning, message); }
  void info(std::string_view message) const { log(LogLevel::Info, message); }
  void debug(std::string_view message) const { log(LogLevel::Debug, message); }

  // The instance and the process that JSON lines name from now on; a field with an empty text is left out. Call it
  // while no other thread uses the logger.
  void setSource(std::string_view instance, std::string_view process);

  // Whether a message of this level would be written: call it before building an expensive message.
  bool enabled(LogLevel level) const { return static_cast<int>(level) <= mostVerbose_; }
  // Opens each log file again by its path, after a log rotation. A file that cannot be opened keeps its old descriptor,
  // and the error names the file. The call is optional: each process that logs checks once a second whether the path
  // still names the file that it has open.
  Result<void> reopen();
  // The number of lines that this process and its forks have dropped since the logger was opened.
  std::size_t dropped() const;

  // For processes that must never wait for a slow reader. From now on, lines that cannot be written at once are queued
  // in this process (up to a megabyte; more are dropped) until a later line or `flush` writes them. Forks do not queue.
  void queueFromNowOn();
  // Writes queued lines without waiting. False: some lines are still queued.
  bool flush() const;
  // Writes queued lines and waits up to `longest` for a slow reader; for the end of a process. Returns a line
  // for each destination to which it could not write how many lines were dropped; empty if there is none.
  std::string flushWithin(Duration longest) const;
  // For a forked child that runs user code: opens pipes and terminals again, so that user code which changes their
  // flags (O_NONBLOCK) does not change those of the parent's descriptors.
  void unshareStreams() const;

 private:
  struct Sinks;
  explicit Logger(std::unique_ptr<Sinks> sinks);
  void write(LogLevel level, std::string_view message, const LogTask& task, std::string_view textPrefix) const;
  std::unique_ptr<Sinks> sinks_;
  int mostVerbose_ = 0;  // the highest level number that any sink writes
};

}  // namespace leptir
