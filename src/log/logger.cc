#include "leptir/logger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <utility>

#include "log/line_sink.h"
#include "log/log_line.h"

namespace leptir {

// All sinks of a logger, on the heap, so that a moved Logger keeps their addresses. Null: it has no sinks.
struct Logger::Sinks {
  explicit Sinks(const Clock& clockOfLines) : clock(clockOfLines) {}

  const Clock& clock;
  std::string source{};  // of sourceFields
  std::vector<std::unique_ptr<log::LineSink>> all{};
  std::atomic<std::size_t> unformattedLines{0};
};

Logger::Logger() = default;
Logger::Logger(std::unique_ptr<Sinks> sinks) : sinks_(std::move(sinks)) {
  for (const auto& sink : sinks_->all) mostVerbose_ = std::max(mostVerbose_, static_cast<int>(sink->level()));
}
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
    auto sink = log::LineSink::open(config, clock, sinks->source);
    if (!sink) return sink.error();
    sinks->all.push_back(std::move(*sink));
  }
  return Logger(std::move(sinks));
}

void Logger::log(LogLevel level, std::string_view message) const {
  write(level, message, {}, {});
}

void Logger::log(LogLevel level, std::string_view message, const LogTask& task) const {
  write(level, message, task, {});
}

void Logger::logAs(std::string_view role, LogLevel level, std::string_view message) const {
  if (!enabled(level)) return;
  std::array<char, 64> prefix{};
  const auto end = fmt::format_to_n(prefix.data(), prefix.size(), "[{}](:{}:) ", ::getpid(), role);
  write(level, message, {}, std::string_view(prefix.data(), std::min(end.size, prefix.size())));
}

void Logger::setSource(std::string_view instance, std::string_view process) {
  if (sinks_) sinks_->source = log::sourceFields(instance, process);
}

void Logger::write(LogLevel level, std::string_view message, const LogTask& task, std::string_view textPrefix) const {
  if (!enabled(level)) return;
  try {
    const log::LogEntry entry{
        .time = sinks_->clock.now(), .level = level, .message = message, .task = task, .textPrefix = textPrefix};
    std::array<std::string, 2> lines;  // one for each LogFormat, made when a sink needs it
    for (const auto& sink : sinks_->all) {
      if (level > sink->level()) continue;
      auto& line = lines[static_cast<std::size_t>(sink->format())];
      if (line.empty()) line = log::formatLine(sink->format(), entry, sinks_->source);
      sink->write(line, entry.time);
    }
  } catch (...) {  // out of memory: the line is counted as dropped
    ++sinks_->unformattedLines;
  }
}

Result<void> Logger::reopen() {
  Result<void> answer;
  if (!sinks_) return answer;
  for (const auto& sink : sinks_->all) {
    auto reopened = sink->reopen();
    if (!reopened && answer) answer = std::move(reopened);
  }
  return answer;
}

std::size_t Logger::dropped() const {
  if (!sinks_) return 0;
  std::size_t lines = sinks_->unformattedLines;
  for (const auto& sink : sinks_->all) lines += sink->dropped();
  return lines;
}

void Logger::queueFromNowOn() {
  if (!sinks_) return;
  for (const auto& sink : sinks_->all) sink->queueFromNowOn();
}

bool Logger::flush() const {
  if (!sinks_) return true;
  bool isEmpty = true;
  for (const auto& sink : sinks_->all) isEmpty = sink->flush(sinks_->clock.now()) && isEmpty;
  return isEmpty;
}

std::string Logger::flushWithin(Duration longest) const {
  std::string losses;
  if (!sinks_) return losses;
  const auto until = systemClock().bootTime() + longest;
  for (const auto& sink : sinks_->all) {
    if (sink->flushWithin(until - systemClock().bootTime(), sinks_->clock.now())) continue;
    if (const auto lost = sink->takeDropReport(); !lost.empty()) losses += lost + "\n";
  }
  return losses;
}

void Logger::unshareStreams() const {
  if (!sinks_) return;
  for (const auto& sink : sinks_->all) sink->unshareOpenFile();
}

}  // namespace leptir
