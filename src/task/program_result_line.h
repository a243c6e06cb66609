// Reads one result line: a line of JSON with which a program tells about its run (docs/guide/programs.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir::task {

// What one line says. A field is empty if the line lacks its key, or has a wrong value for it.
struct ProgramResultLine {
  std::optional<double> progress{};   // from 0 to 1
  std::optional<std::string> text{};  // of the progress
  std::string result{};               // JSON text, as the program wrote it
  std::optional<std::string> response{};
  std::optional<std::string> state{};
  std::optional<Duration> retryAfter{};  // from zero to kMaxRetryDelay
  std::optional<std::string> discard{};  // the reason
  std::optional<std::string> log{};
  LogLevel level = LogLevel::Info;  // of `log`
  // What is wrong with the line, in sentences for the program's author: each names the key and the value that is
  // expected. The other keys of the line count nevertheless.
  std::vector<std::string> mistakes{};
};

// `line` comes without its line feed, and may be any bytes.
ProgramResultLine parseProgramResultLine(std::string_view line);

}  // namespace leptir::task
