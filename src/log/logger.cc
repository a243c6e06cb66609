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
    auto sink = LineSink::open(config, clock_);
    if (!sink) return sink.error();
    sinks_.push_back(std::move(*sink));
    return {};
  }

  int loudest() const {
    int loudest = 0;
    for (const auto& sink : sinks_) loudest = std::max(loudest, static_cast<int>(sink->level()));
    return loudest;
  }

  void log(LogLevel level, std::string_view message) noexcept {
    try {
      const auto now = clock_.now();
      const auto line = formatLogLine(now, level, message);
      for (const auto& sink : sinks_) {
        if (level <= sink->level() && !sink->write(line, now)) ++dropped_;
      }
    } catch (...) {  // no memory for the line
      ++dropped_;
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

  std::size_t dropped() const { return dropped_; }

 private:
  const Clock& clock_;
  std::vector<std::unique_ptr<LineSink>> sinks_;
  std::atomic<std::size_t> dropped_{0};
};

Logger::Logger() = default;
Logger::Logger(std::unique_ptr<Sinks> sinks) : sinks_(std::move(sinks)), loudest_(sinks_->loudest()) {}
Logger::Logger(Logger&& other) noexcept : sinks_(std::move(other.sinks_)), loudest_(std::exchange(other.loudest_, 0)) {}
Logger& Logger::operator=(Logger&& other) noexcept {
  sinks_ = std::move(other.sinks_);
  loudest_ = std::exchange(other.loudest_, 0);
  return *this;
}
Logger::~Logger() = default;

Result<Logger> Logger::open(const std::vector<LogSinkConfig>& configs, const Clock& clock) {
  ::tzset();  // here, so that no line has to read the zone's file
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

}  // namespace leptir
