#include "task/log_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "base/utf8.h"
#include "task/json_text.h"

namespace leptir::task {
namespace {

constexpr std::string_view kLeftOutWord = "left-out";
constexpr std::size_t kMaxLogLineBytes = std::size_t{8} << 10;

constexpr std::array<std::pair<LogLevel, std::string_view>, 4> kLevelWords{
    {{LogLevel::Error, "error"}, {LogLevel::Warning, "warning"}, {LogLevel::Info, "info"}, {LogLevel::Debug, "debug"}}};

std::optional<LogLevel> levelOf(std::string_view word) {
  const auto found = std::ranges::find(kLevelWords, word, &std::pair<LogLevel, std::string_view>::second);
  return found == kLevelWords.end() ? std::nullopt : std::optional(found->first);
}

// Takes the text up to `end` from the front, and `end` itself.
std::string_view takeUpTo(char end, std::string_view& text) {
  const auto at = std::min(text.find(end), text.size());
  const auto taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

template <class Number>
std::optional<Number> parseInteger(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Time> parseLogTime(std::string_view text) {
  auto rest = text;
  const auto seconds = parseInteger<std::int64_t>(takeUpTo('.', rest));
  const auto micros = rest.size() == 6 ? parseInteger<std::uint32_t>(rest) : std::nullopt;
  constexpr std::int64_t kMaxSeconds = 100'000'000'000;
  if (!seconds || !micros || *seconds < 0 || *seconds > kMaxSeconds) return std::nullopt;
  return Time(std::chrono::seconds(*seconds) + Duration(*micros));
}

std::string withValidUtf8(std::string_view text) {
  return base::isUtf8(text) ? std::string(text) : base::escaped(text);
}

// Reads one line of the text after the other.
class LogReader {
 public:
  explicit LogReader(TaskLog& log) : log_(log) {}

  void add(std::string_view line) {
    const auto time = parseLogTime(takeUpTo(' ', line));
    if (!time) return;
    const auto word = takeUpTo(' ', line);
    if (word == kLeftOutWord) return addLeftOut(line);
    if (const auto level = levelOf(word)) log_.lines.push_back({number_++, *time, *level, withValidUtf8(line)});
  }

 private:
  void addLeftOut(std::string_view line) {
    const auto lines = parseInteger<std::uint32_t>(takeUpTo(' ', line));
    const auto bytes = parseInteger<std::uint32_t>(line);
    if (!lines || !bytes) return;
    log_.leftOutLines += *lines;
    log_.leftOutBytes += *bytes;
    number_ += *lines;
  }

  TaskLog& log_;
  std::uint64_t number_ = 0;
};

void appendLine(std::string_view start, std::string_view text, std::string& line,
                const std::function<void(std::string_view)>& take) {
  line.assign(start);
  if (base::isUtf8(text)) {
    line.append(text);
  } else {
    base::appendEscaped(line, text);
  }
  line += '\n';
  take(line);
}

std::string leftOutLine(std::string_view next, std::uint64_t lines, std::uint64_t bytes) {
  constexpr std::uint64_t kMax = 0xffff'ffff;
  return fmt::format("{} {} {} {}\n", next.substr(0, next.find(' ')), kLeftOutWord, std::min(lines, kMax),
                     std::min(bytes, kMax));
}

}  // namespace

std::string_view wordOf(LogLevel level) {
  const auto found = std::ranges::find(kLevelWords, level, &std::pair<LogLevel, std::string_view>::first);
  return found == kLevelWords.end() ? "info" : found->second;
}

void forEachLogLine(Time time, LogLevel level, std::string_view message,
                    const std::function<void(std::string_view line)>& take) {
  std::string start;
  appendUnixSeconds(time, start);
  start.append(" ").append(wordOf(level)).append(" ");
  std::string line;
  if (message.ends_with('\n')) message.remove_suffix(1);
  do {
    auto text = takeUpTo('\n', message);
    do {
      const auto piece = base::utf8Prefix(text, kMaxLogLineBytes);
      appendLine(start, piece, line, take);
      text.remove_prefix(piece.size());
    } while (!text.empty());
  } while (!message.empty());
}

std::string joinLogText(std::string_view first, std::uint64_t leftOutLines, std::uint64_t leftOutBytes,
                        std::string_view last) {
  std::string text(first);
  if (leftOutLines > 0) text += leftOutLine(last, leftOutLines, leftOutBytes);
  return text.append(last);
}

std::string newestLogLines(std::string_view text, std::size_t maxBytes) {
  if (text.size() <= maxBytes) return std::string(text);
  constexpr std::size_t kLeftOutLineBytes = 64;
  const auto maxRest = maxBytes - std::min(maxBytes, kLeftOutLineBytes);
  TaskLog dropped;
  LogReader reader(dropped);
  std::size_t bytes = 0;
  for (auto rest = text;;) {
    if (rest.size() <= maxRest)
      return leftOutLine(rest.empty() ? text : rest, dropped.leftOutLines + dropped.lines.size(),
                         dropped.leftOutBytes + bytes)
          .append(rest);
    const auto linesBefore = dropped.lines.size();
    const auto line = takeUpTo('\n', rest);
    reader.add(line);
    if (dropped.lines.size() > linesBefore) bytes += line.size() + 1;
  }
}

void readLogText(std::string_view text, TaskLog& log) {
  LogReader reader(log);
  while (!text.empty()) reader.add(takeUpTo('\n', text));
}

std::size_t countLogLines(std::string_view text) {
  TaskLog log;
  readLogText(text, log);
  return log.lines.size();
}

}  // namespace leptir::task
