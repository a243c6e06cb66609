// Writes the scripts by which shells complete the commands and options of a program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program_text.h"

namespace leptir::cli {

enum class Shell { Bash, Zsh, Fish };

// The words for all shells, in the order of the enumeration.
std::vector<std::string> shellWords();
std::optional<Shell> shellFrom(std::string_view word);

// A script that the shell reads at its start, or from its folder of completions.
std::string completionScript(const ProgramText& program, Shell shell);

}  // namespace leptir::cli
