// Splits a line of words as a POSIX shell does, without its variables and patterns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::aws {

// White space separates words; '…' and "…" keep it, and a backslash keeps the next character (between double quotes
// only " and \). None: a quote is not closed, or a backslash is the last character.
std::optional<std::vector<std::string>> commandWords(std::string_view line);

}  // namespace leptir::aws
