// Checks of option values for the parser. Only files that describe the command line include this header and the parser
// library (CLI11).
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace leptir::cli {

// "must be WHAT, not 'the text'" unless `holds`.
CLI::Validator mustBe(const char* what, std::function<bool(const std::string&)> holds);
// From 0 to 1e11.
CLI::Validator seconds();
CLI::Validator wholeNumber(const char* what, std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                           std::int64_t most = std::numeric_limits<std::int64_t>::max());

// The help of options that many commands have.
inline constexpr const char* kConfigHelp =
    "configuration file, YAML or JSON (default: one SQLite file for tasks and records)";

}  // namespace leptir::cli
