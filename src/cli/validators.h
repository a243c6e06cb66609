// Checks of option values for the parser. Only files that describe the command line include this header and the parser
// library (CLI11).
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace leptir::cli {

// "must be WHAT, not 'the text'" unless `holds`.
CLI::Validator mustBe(const char* what, std::function<bool(const std::string&)> holds);
// A transformation of a duration, such as "90s", to its seconds, from 0 to 1e11, as text.
CLI::Validator durationInSeconds();
// "must be a number of seconds from 0 to 1e11, …, not 'the text'"
std::string notADuration(std::string_view text);
CLI::Validator wholeNumber(const char* what, std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                           std::int64_t most = std::numeric_limits<std::int64_t>::max());

// The help of options that many commands have.
inline constexpr const char* kConfigHelp =
    "configuration file, YAML or JSON (default: one SQLite file for tasks and records)";

}  // namespace leptir::cli
