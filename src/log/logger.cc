#include "leptir/logger.h"

#include <algorithm>
#include <atomic>
#include <ctime>

#include "log/line_sink.h"
#include "log/log_line.h"

namespace leptir {

class Logger::Sinks {
 public:
  explicit Sinks(const Clock& clock) : clock_(clock) {}

  Result<void> add(const LogSinkConfig& config) {
    auto sink = log::LineSink::open(config, clock_);
    if (!sink) return sink.error();
    sinks_.push_back(std::move(*sink));
    return {};
  }

  int mostVerbose() const {
    int mostVerbose = 0;
    for (const auto& sink : sinks_) mostVerbose = std::max(mostVerbose, static_cast<int>(sink->level()));
    return mostVerbose;
  }

  void log(LogLevel level, std::string_view message) noexcept {
    try {
      const auto now = clock_.now();
      const auto line = log::formatLogLine(now, level, message);
      for (const auto& sink : sinks_) {
        if (level <= sink->level()) sink->write(line, now);
      }
    } catch (...) {  // out of memory: the line is counted as dropped
      ++unformatted_;
    }
  }

  Result<void> reopen() {
    Result<void> answer;
    for (const auto& sink : sinks_) {
      auto reopened = sink->reopen();
      if (!reopened && answer) answer = std::move(reopened);
    }
    return answer;
  }

  std::size_t dropped() const {
    std::size_t lines = unformatted_;
    for (const auto& sink : sinks_) lines += sink->dropped();
    return lines;
  }

  void queueFromNowOn() {
    for (const auto& sink : sinks_) sink->queueFromNowOn();
  }

  bool flush() const {
    bool all = true;
    for (const auto& sink : sinks_) all = sink->flush(clock_.now()) && all;
    return all;
  }

  std::string flushWithin(Duration longest) const {
    std::string losses;
    const auto until = systemClock().bootTime() + longest;
    for (const auto& sink : sinks_) {
      if (sink->flushWithin(until - systemClock().bootTime(), clock_.now())) continue;
      if (const auto lost = sink->takeDropReport(); !lost.empty()) losses += lost + "\n";
    }
    return losses;
  }

  void unshareStreams() const {
    for (const auto& sink : sinks_) sink->unshareOpenFile();
  }

 private:
  const Clock& clock_;
  std::vector<std::unique_ptr<log::LineSink>> sinks_;
  std::atomic<std::size_t> unformatted_{0};
};

Logger::Logger() = default;
Logger::Logger(std::unique_ptr<Sinks> sinks) : sinks_(std::move(sinks)), mostVerbose_(sinks_->mostVerbose()) {}
Logger::Logger(Logger&& other) noexcept
    : sinks_(std::move(other.sinks_)), mostVerbose_(std::exchange(other.mostVerbose_, 0)) {}
Logger& Logger::operator=(Logger&& other) noexcept {
  sinks_ = std::move(other.sinks_);
  mostVerbose_ = std::exchange(other.mostVerbose_, 0);
  return *this;
}
Logger::~Logger() = default;

Result<Logger> Logger::open(const std::vector<LogSinkConfig>& configs, const Clock& clock) {
  ::tzset();  // reads the time zone file once, so that formatting a line does not
  auto sinks = std::make_unique<Sinks>(clock);
  for (const auto& config : configs) {
    if (auto added = sinks->add(config); !added) return added.error();
  }
  return Logger(std::move(sinks));
}

void Logger::log(LogLevel level, std::string_view message) const {
  if (enabled(level)) sinks_->log(level, message);
}

Result<void> Logger::reopen() {
  return sinks_ ? sinks_->reopen() : Result<void>();
}

std::size_t Logger::dropped() const {
  return sinks_ ? sinks_->dropped() : 0;
}

void Logger::queueFromNowOn() {
  if (sinks_) sinks_->queueFromNowOn();
}

bool Logger::flush() const {
  return !sinks_ || sinks_->flush();
}

std::string Logger::flushWithin(Duration longest) const {
  return sinks_ ? sinks_->flushWithin(longest) : std::string();
}

void Logger::unshareStreams() const {
  if (sinks_) sinks_->unshareStreams();
}

}  // namespace leptir
