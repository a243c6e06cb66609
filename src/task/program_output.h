// Collects the output of a program, which arrives in pieces of any size, up to a limit.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace leptir::task {

// Keeps the first `maxBytes` bytes of stdout as lines, and drops the rest.
class StdoutCollector {
 public:
  explicit StdoutCollector(std::size_t maxBytes) : maxBytes_(maxBytes) {}

  void add(std::string_view piece);
  // Calls `take` with each line, also with a last one without a line feed. If output was dropped, one more line says
  // so.
  void forEachLine(const std::function<void(std::string line)>& take) const;

 private:
  std::size_t maxBytes_;
  std::string kept_;
  bool truncated_ = false;
};

// What happens to the lines of stderr.
struct StderrLineHandlers {
  // Gets complete lines. After StderrCollector's limit it gets one that says that there is more, and then no more, so
  // that a program cannot fill the disk with its log.
  std::function<void(std::string_view line)> onLimitedLine;
  std::function<void(std::string_view line)> onEachLine{};  // may be empty; gets all complete lines
};

// Passes the lines of stderr on, of which onLimitedLine gets `maxBytes` bytes, and keeps the last `maxBytes` bytes.
class StderrCollector {
 public:
  StderrCollector(std::size_t maxBytes, StderrLineHandlers lines) : maxBytes_(maxBytes), handlers_(std::move(lines)) {}

  void add(std::string_view piece);
  // Passes on the last line, if it has no line feed.
  void finish();
  std::string_view tail() const;

 private:
  void addToLine(std::string_view piece);
  void forwardLine(std::string_view line);

  std::size_t maxBytes_;
  StderrLineHandlers handlers_;
  std::size_t forwardedBytes_ = 0;  // of the lines for onLimitedLine
  std::string line_;
  std::string tail_;
};

}  // namespace leptir::task
