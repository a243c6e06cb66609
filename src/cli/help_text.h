// What --help prints, as wide as the terminal.
#pragma once

#include <cstddef>
#include <string>

#include "cli/program_text.h"

namespace leptir::cli {

// `width` 0: lines are not wrapped, as for a file or a pipe.
std::string helpOfProgram(const ProgramText& program, std::size_t width);
// `footer`: about the exit statuses.
std::string helpOfCommand(const std::string& program, const CommandText& command, const std::string& footer,
                          std::size_t width);

}  // namespace leptir::cli
