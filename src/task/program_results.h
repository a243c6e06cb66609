// Collects what a program says about its run on descriptor 3, one result line at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "task/program_result_line.h"

namespace leptir::task {

// The limits of one run. What exceeds them is dropped, and the record says so; the program does not notice it. Lines
// that are neither kept nor logged, as those with a progress, have no limit.
inline constexpr std::size_t kMaxResultLineBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxResultTextBytes = 64 * 1024;  // of response lines, of states and of log lines, each
inline constexpr std::size_t kMaxLoggedMistakes = 10;

// What all lines so far say together.
struct ProgramResults {
  std::vector<std::string> responseLines{};
  std::vector<std::string> states{};
  std::string result{};                  // of the last line with one: JSON text; empty: none
  std::optional<Duration> retryAfter{};  // the last of retry_after and discard counts
  std::optional<std::string> discard{};
  std::optional<double> progress{};
  std::string progressText{};
};

// One thread at a time.
class ProgramResultReader {
 public:
  // The functions are called while a line is read.
  struct Listener {
    std::function<void(double fraction, std::string_view text)> onProgress;
    std::function<void(LogLevel level, std::string_view message)> onLog;  // the program's lines, and our warnings
  };

  explicit ProgramResultReader(Listener listener) : listener_(std::move(listener)) {}

  // Takes the next bytes that the program wrote; they may end inside a line.
  void add(std::string_view bytes);
  // Takes the last line, if it has no line feed, and adds a response line that tells of wrong lines.
  void finish();
  const ProgramResults& results() const { return results_; }

 private:
  void addToLine(std::string_view piece);
  void endLine();
  void applyLine(const ProgramResultLine& line);
  void forwardLog(LogLevel level, std::string_view message);
  void keepText(std::string text, std::vector<std::string>& list, std::size_t& bytes, std::string_view what);
  void reportMistake(const std::string& mistake);

  Listener listener_;
  ProgramResults results_;
  std::string line_;
  bool isTooLong_ = false;  // the current line: its beginning was dropped, and so is the rest
  std::size_t lineNumber_ = 1;
  std::size_t responseBytes_ = 0, stateBytes_ = 0, logBytes_ = 0;
  std::size_t mistakes_ = 0;
  std::string firstMistake_;
};

}  // namespace leptir::task
