#include "task/program_results.h"

#include <fmt/format.h>

#include <utility>

namespace leptir::task {
namespace {

constexpr std::string_view kBlankLineCharacters = " \t\r";

}  // namespace

void ProgramResultReader::add(std::string_view bytes) {
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    addToLine(bytes.substr(0, end));
    endLine();
    bytes.remove_prefix(end + 1);
  }
  addToLine(bytes);
}

void ProgramResultReader::addToLine(std::string_view piece) {
  isTooLong_ = isTooLong_ || line_.size() + piece.size() > kMaxResultLineBytes;
  if (isTooLong_) {
    line_.clear();
  } else {
    line_.append(piece);
  }
}

void ProgramResultReader::endLine() {
  const auto line = std::exchange(line_, {});
  if (std::exchange(isTooLong_, false)) {
    reportMistake(fmt::format("longer than {} KiB; it is ignored", kMaxResultLineBytes / 1024));
  } else if (line.find_first_not_of(kBlankLineCharacters) != std::string::npos) {
    applyLine(parseProgramResultLine(line));
  }
  ++lineNumber_;
}

void ProgramResultReader::applyLine(const ProgramResultLine& line) {
  for (const auto& mistake : line.mistakes) reportMistake(mistake);
  if (line.progress) {
    results_.progress = line.progress;
    results_.progressText = line.text.value_or("");
    listener_.onProgress(*line.progress, results_.progressText);
  }
  if (!line.result.empty()) results_.result = line.result;
  if (line.response) keepText(*line.response, results_.responseLines, responseBytes_, "response lines");
  if (line.state) keepText(*line.state, results_.states, stateBytes_, "states");
  if (line.log) forwardLog(line.level, *line.log);
  if (line.retryAfter || line.discard) {
    results_.retryAfter = line.retryAfter;
    results_.discard = line.discard;
  }
}

// Counts a blank with each text, so that empty texts have a limit as well.
void ProgramResultReader::keepText(std::string text, std::vector<std::string>& list, std::size_t& bytes,
                                   std::string_view what) {
  bytes += text.size() + 1;
  if (bytes <= kMaxResultTextBytes) return list.push_back(std::move(text));
  reportMistake(fmt::format("more than {} KiB of {}; it is not kept", kMaxResultTextBytes / 1024, what));
}

void ProgramResultReader::forwardLog(LogLevel level, std::string_view message) {
  if (logBytes_ > kMaxResultTextBytes) return;
  logBytes_ += message.size() + 1;
  if (logBytes_ <= kMaxResultTextBytes) return listener_.onLog(level, message);
  listener_.onLog(LogLevel::Warning,
                  fmt::format("[More of the program's log lines are not logged: {} KiB of a run are.]",
                              kMaxResultTextBytes / 1024));
}

void ProgramResultReader::reportMistake(const std::string& mistake) {
  const auto message = fmt::format("Result line {} is wrong: {}", lineNumber_, mistake);
  if (++mistakes_ == 1) firstMistake_ = message;
  if (mistakes_ <= kMaxLoggedMistakes) listener_.onLog(LogLevel::Warning, message + ".");
  if (mistakes_ == kMaxLoggedMistakes) {
    listener_.onLog(LogLevel::Warning, "Further wrong result lines of this run are counted in its record.");
  }
}

void ProgramResultReader::finish() {
  if (!line_.empty() || isTooLong_) endLine();
  if (mistakes_ == 0) return;
  const auto more =
      mistakes_ > 1 ? fmt::format("; and {} more mistake{}", mistakes_ - 1, mistakes_ > 2 ? "s" : "") : "";
  results_.responseLines.push_back(fmt::format("[{}{}.]", firstMistake_, more));
}

}  // namespace leptir::task
